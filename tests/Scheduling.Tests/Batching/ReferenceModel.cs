using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>A language model whose next token is a hash of everything before it: one wrong, missing or foreign token changes all that follow.</summary>
internal static class ReferenceModel
{
    private const int Vocabulary = 50;

    public static int NextToken(IReadOnlyList<int> tokens)
    {
        var hash = 17u;
        foreach (var token in tokens)
            hash = (hash ^ (uint)token) * 16777619u + 2166136261u;
        return (int)((hash >> 8) % Vocabulary);
    }

    /// <summary>The whole answer of the bare model, without any scheduler, and whatever others have begun of it.</summary>
    public static (ImmutableArray<int> Tokens, FinishReason Finish) Generate(GenerationRequest request, int maxSequenceTokens)
    {
        var limit = Math.Min(request.MaxTokens, maxSequenceTokens - request.PromptTokens.Length);
        List<int> tokens = [.. request.PromptTokens];
        while (tokens.Count < request.PromptTokens.Length + limit)
        {
            var token = NextToken(tokens);
            if (request.StopTokens.Contains(token))
                return ([.. tokens.Skip(request.PromptTokens.Length)], FinishReason.Stop);
            tokens.Add(token);
        }

        return ([.. tokens.Skip(request.PromptTokens.Length)], FinishReason.Length);
    }
}
