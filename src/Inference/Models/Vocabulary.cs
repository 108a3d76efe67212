using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Inference.Native;

namespace E2LLM.Inference.Models;

/// <summary>A model's vocabulary in llama.cpp, loaded without its weights. Thread-safe.</summary>
internal sealed unsafe class Vocabulary : IDisposable
{
    private readonly LlamaModelHandle _model;
    private readonly nint _vocabulary;

    /// <param name="path">A model file that managed code has validated.</param>
    /// <exception cref="EngineException">llama.cpp refused the file.</exception>
    public Vocabulary(string path)
    {
        var parameters = NativeMethods.llama_model_default_params();
        parameters.VocabOnly = 1;
        parameters.GpuLayers = 0;
        _model = LlamaModelHandle.Load(path, parameters);
        _vocabulary = NativeMethods.llama_model_get_vocab(_model);
        Size = NativeMethods.llama_vocab_n_tokens(_vocabulary);
        var template = NativeMethods.llama_model_chat_template(_model, null);
        ChatTemplate = template is null ? null : Marshal.PtrToStringUTF8((nint)template);
        var begin = NativeMethods.llama_vocab_bos(_vocabulary);
        BeginToken = NativeMethods.llama_vocab_get_add_bos(_vocabulary) != 0 && begin >= 0 ? begin : null;
    }

    /// <summary>Tokens.</summary>
    public int Size { get; }

    /// <summary>Null where the model has none.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Set where a prompt starts with it.</summary>
    public int? BeginToken { get; }

    public ImmutableArray<int> EndOfGenerationTokens() =>
        [.. Enumerable.Range(0, Size).Where(token => NativeMethods.llama_vocab_is_eog(_vocabulary, token) != 0)];

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
            var attributes = (TokenAttributes)NativeMethods.llama_vocab_get_attr(_vocabulary, token);
            if ((attributes & (TokenAttributes.Control | TokenAttributes.UserDefined | TokenAttributes.Unknown)) == 0)
                continue;
            var text = Marshal.PtrToStringUTF8((nint)NativeMethods.llama_vocab_get_text(_vocabulary, token));
            if (!string.IsNullOrEmpty(text))
                specials.Add(new SpecialToken(token, text, attributes));
        }
        return [.. specials.OrderByDescending(special => Encoding.UTF8.GetByteCount(special.Text))];
    }

    /// <exception cref="RequestRejectedException">More tokens than llama.cpp counts.</exception>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new int[bytes.Length + 2];
        var count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
        if (count == int.MinValue)
            throw new RequestRejectedException($"A text of {text.Length} characters is too long to tokenise.");
        if (count < 0)
        {
            tokens = new int[-count];
            count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
        }
        return tokens[..count];
    }

    /// <summary>The bytes that a token stands for; empty for control tokens and for ids outside the vocabulary.</summary>
    public ReadOnlyMemory<byte> Piece(int token)
    {
        if ((uint)token >= (uint)Size)
            return default;
        var piece = new byte[32];
        var count = Piece(token, piece);
        if (count < 0)
        {
            piece = new byte[-count];
            count = Piece(token, piece);
        }
        return piece.AsMemory(0, count);
    }

    public void Dispose() => _model.Dispose();

    private int Tokenize(byte[] text, int[] tokens, bool addSpecial, bool parseSpecial)
    {
        fixed (byte* start = text)
        fixed (int* destination = tokens)
            return NativeMethods.llama_tokenize(
                _vocabulary, start, text.Length, destination, tokens.Length, Byte(addSpecial), Byte(parseSpecial));

        static byte Byte(bool value) => value ? (byte)1 : (byte)0;
    }

    private int Piece(int token, byte[] buffer)
    {
        fixed (byte* destination = buffer)
            return NativeMethods.llama_token_to_piece(_vocabulary, token, destination, buffer.Length, 0, 0);
    }
}
