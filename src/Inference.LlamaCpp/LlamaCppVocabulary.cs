using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.LlamaCpp;

internal sealed unsafe class LlamaCppVocabulary : ILlamaVocabulary
{
    private readonly LlamaModelHandle _model;
    private readonly nint _vocabulary;

    public LlamaCppVocabulary(LlamaModelHandle model)
    {
        _model = model;
        _vocabulary = NativeMethods.llama_model_get_vocab(model);
        Size = NativeMethods.llama_vocab_n_tokens(_vocabulary);
    }

    public int Size { get; }

    public string? ChatTemplate => Marshal.PtrToStringUTF8((nint)NativeMethods.llama_model_chat_template(_model, null));

    public int? BeginToken =>
        NativeMethods.llama_vocab_get_add_bos(_vocabulary) != 0 && NativeMethods.llama_vocab_bos(_vocabulary) is >= 0 and var begin ? begin : null;

    public bool IsEndOfGeneration(int token) => NativeMethods.llama_vocab_is_eog(_vocabulary, token) != 0;

    public int Attributes(int token) => NativeMethods.llama_vocab_get_attr(_vocabulary, token);

    public string? Text(int token) => Marshal.PtrToStringUTF8((nint)NativeMethods.llama_vocab_get_text(_vocabulary, token));

    public int[]? Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new int[bytes.Length + 2];
        var count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
        if (count == int.MinValue)
            return null;
        if (count < 0)
        {
            tokens = new int[-count];
            count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
        }
        return tokens[..count];
    }

    /// <returns>Tokens written, or minus the number that there would be; <see cref="int.MinValue"/> for more than llama.cpp counts.</returns>
    private int Tokenize(byte[] text, int[] tokens, bool addSpecial, bool parseSpecial)
    {
        fixed (byte* start = text)
        fixed (int* destination = tokens)
            return NativeMethods.llama_tokenize(_vocabulary, start, text.Length, destination, tokens.Length, Byte(addSpecial), Byte(parseSpecial));

        static byte Byte(bool value) => value ? (byte)1 : (byte)0;
    }

    public int Piece(int token, Span<byte> piece)
    {
        fixed (byte* destination = piece)
            return NativeMethods.llama_token_to_piece(_vocabulary, token, destination, piece.Length, 0, 0);
    }
}
