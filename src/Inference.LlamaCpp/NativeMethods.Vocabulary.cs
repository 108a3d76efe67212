using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

internal static unsafe partial class NativeMethods
{
    [LibraryImport(Llama)]
    internal static partial nint llama_model_get_vocab(LlamaModelHandle model);

    [LibraryImport(Llama)]
    internal static partial int llama_vocab_n_tokens(nint vocabulary);

    [LibraryImport(Llama)]
    internal static partial byte llama_vocab_is_eog(nint vocabulary, int token);

    [LibraryImport(Llama)]
    internal static partial int llama_vocab_bos(nint vocabulary);

    [LibraryImport(Llama)]
    internal static partial byte llama_vocab_get_add_bos(nint vocabulary);

    [LibraryImport(Llama)]
    internal static partial int llama_vocab_get_attr(nint vocabulary, int token);

    [LibraryImport(Llama)]
    internal static partial byte* llama_vocab_get_text(nint vocabulary, int token);

    /// <summary>Tokens written, or minus the number that there would be.</summary>
    [LibraryImport(Llama)]
    internal static partial int llama_tokenize(
        nint vocabulary, byte* text, int textBytes, int* tokens, int capacity, byte addSpecial, byte parseSpecial);

    /// <summary>Bytes written, or minus the number that there would be.</summary>
    [LibraryImport(Llama)]
    internal static partial int llama_token_to_piece(nint vocabulary, int token, byte* buffer, int capacity, int stripSpaces, byte special);

    /// <summary>Bytes of the prompt, which may be more than fit; negative for a template that llama.cpp does not know.</summary>
    [LibraryImport(Llama)]
    internal static partial int llama_chat_apply_template(
        byte* template, LlamaChatMessage* messages, nuint count, byte openAssistant, byte* buffer, int capacity);
}
