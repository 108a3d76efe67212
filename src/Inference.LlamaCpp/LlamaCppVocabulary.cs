using System.Runtime.InteropServices;
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

    public int Tokenize(ReadOnlySpan<byte> text, Span<int> tokens, bool addSpecial, bool parseSpecial)
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
