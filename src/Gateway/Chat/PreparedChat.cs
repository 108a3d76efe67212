using System.Collections.Immutable;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Chat;

/// <summary>A request that passed every check, in tokens, and what turns its answer back into text.</summary>
internal sealed record PreparedChat(GenerationRequest Generation, ITokenizer Tokenizer, ImmutableArray<string> StopTexts);
