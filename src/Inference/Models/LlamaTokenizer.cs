using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Models;

/// <summary>A model's tokenizer in llama.cpp, with the chat template of its metadata.</summary>
internal sealed class LlamaTokenizer : ITokenizer, IDisposable
{
    private readonly Vocabulary _vocabulary;
    private readonly PromptTokenizer _prompts;
    private readonly ILlamaRuntime _runtime;
    private readonly string _modelId;

    public LlamaTokenizer(ILlamaRuntime runtime, string modelId, string path)
    {
        (_runtime, _modelId) = (runtime, modelId);
        _vocabulary = new Vocabulary(runtime, path);
        _prompts = new PromptTokenizer(_vocabulary);
        EndOfGenerationTokens = _vocabulary.EndOfGenerationTokens();
        LongestTokenBytes = _vocabulary.LongestTokenBytes();
    }

    public ImmutableArray<int> EndOfGenerationTokens { get; }

    public int LongestTokenBytes { get; }

    public ImmutableArray<int> Tokenize(string text, bool addSpecial, bool parseSpecial) =>
        [.. _vocabulary.Tokenize(text, addSpecial, parseSpecial)];

    public ImmutableArray<int> TokenizeChat(IReadOnlyList<ChatTurn> turns) =>
        _vocabulary.ChatTemplate is { } template
            ? _prompts.Tokenize(new ChatTemplate(_runtime, template).Render(turns))
            : throw new RequestRejectedException($"The model '{_modelId}' has no chat template; it can only complete plain prompts.");

    public IDetokenizer CreateDetokenizer() => new PieceDecoder(_vocabulary.Piece);

    public void Dispose() => _vocabulary.Dispose();
}
