using System.Collections.Immutable;
using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Models;

/// <summary>A model's vocabulary in llama.cpp, loaded without its weights. Thread-safe.</summary>
internal sealed class Vocabulary : IDisposable
{
    private readonly ILlamaModel _model;
    private readonly ILlamaVocabulary _vocabulary;

    /// <param name="runtime">Loads it.</param>
    /// <param name="path">A model file that managed code has validated.</param>
    /// <exception cref="EngineException">llama.cpp refused the file.</exception>
    public Vocabulary(ILlamaRuntime runtime, string path)
    {
        _model = runtime.LoadModel(path, new ModelLoading(IsVocabularyOnly: true, Target: default, Repack: true));
        _vocabulary = _model.Vocabulary;
        Size = _vocabulary.Size;
        ChatTemplate = _vocabulary.ChatTemplate;
        BeginToken = _vocabulary.BeginToken;
    }

    /// <summary>Tokens.</summary>
    public int Size { get; }

    /// <summary>Null where the model has none.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Set where a prompt starts with it.</summary>
    public int? BeginToken { get; }

    public ImmutableArray<int> EndOfGenerationTokens() =>
        [.. Enumerable.Range(0, Size).Where(_vocabulary.IsEndOfGeneration)];

    /// <summary>Bytes of the longest text that becomes one token; at least 4, since an unknown character may become one.</summary>
    public int LongestTokenBytes() => Enumerable.Range(0, Size).Select(token => Piece(token).Length)
        .Concat(SpecialTokens().Select(special => Encoding.UTF8.GetByteCount(special.Text)))
        .Append(4).Max();

    /// <summary>Tokens whose text is a name and not words, longest text first, as llama.cpp looks for them.</summary>
    public ImmutableArray<SpecialToken> SpecialTokens()
    {
        var specials = new List<SpecialToken>();
        for (var token = 0; token < Size; token++)
        {
            var attributes = (TokenAttributes)_vocabulary.Attributes(token);
            if ((attributes & (TokenAttributes.Control | TokenAttributes.UserDefined | TokenAttributes.Unknown)) == 0)
                continue;
            var text = _vocabulary.Text(token);
            if (!string.IsNullOrEmpty(text))
                specials.Add(new SpecialToken(token, text, attributes));
        }
        return [.. specials.OrderByDescending(special => Encoding.UTF8.GetByteCount(special.Text))];
    }

    /// <exception cref="RequestRejectedException">More tokens than llama.cpp counts.</exception>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => _vocabulary.Tokenize(text, addSpecial, parseSpecial)
        ?? throw new RequestRejectedException($"A text of {text.Length} characters is too long to tokenise.");

    /// <summary>The bytes that a token stands for; empty for control tokens and for ids outside the vocabulary.</summary>
    public ReadOnlyMemory<byte> Piece(int token)
    {
        if ((uint)token >= (uint)Size)
            return default;
        var piece = new byte[32];
        var count = _vocabulary.Piece(token, piece);
        if (count < 0)
        {
            piece = new byte[-count];
            count = _vocabulary.Piece(token, piece);
        }
        return piece.AsMemory(0, count);
    }

    public void Dispose() => _model.Dispose();
}
