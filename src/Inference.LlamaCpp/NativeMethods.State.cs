using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

internal static unsafe partial class NativeMethods
{
    [LibraryImport(Llama)]
    internal static partial void llama_memory_seq_cp(nint memory, int source, int destination, int fromPosition, int toPosition);

    [LibraryImport(Llama)]
    internal static partial nuint llama_state_seq_get_size(LlamaContextHandle context, int sequence);

    [LibraryImport(Llama)]
    internal static partial nuint llama_state_seq_get_data(LlamaContextHandle context, byte* destination, nuint size, int sequence);

    [LibraryImport(Llama)]
    internal static partial nuint llama_state_seq_set_data(LlamaContextHandle context, byte* source, nuint size, int sequence);
}
