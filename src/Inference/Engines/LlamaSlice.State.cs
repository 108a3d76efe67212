using E2LLM.Inference.Native;

namespace E2LLM.Inference.Engines;

internal sealed unsafe partial class LlamaSlice
{
    /// <summary>Lets a sequence share the KV cells of another one.</summary>
    /// <param name="source">Holds the positions.</param>
    /// <param name="sequence">Another one; holds none of them.</param>
    /// <param name="fromPosition">The first position.</param>
    /// <param name="toPosition">One past the last.</param>
    public void Share(int source, int sequence, int fromPosition, int toPosition) =>
        NativeMethods.llama_memory_seq_cp(_memory, source, sequence, fromPosition, toPosition);

    /// <summary>Bytes that <see cref="ReadState"/> writes.</summary>
    public ulong StateBytes(int sequence) => NativeMethods.llama_state_seq_get_size(_context, sequence);

    /// <summary>Copies the KV cells of a sequence.</summary>
    /// <returns>Bytes written; 0 where llama.cpp failed.</returns>
    public ulong ReadState(int sequence, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            return NativeMethods.llama_state_seq_get_data(_context, bytes, (nuint)destination.Length, sequence);
    }

    /// <summary>Replaces the KV cells of a sequence.</summary>
    /// <param name="sequence">Within the context: llama.cpp aborts on another.</param>
    /// <param name="state">Whole and right: llama.cpp believes its count of cells and allocates accordingly.</param>
    /// <returns>Bytes read; 0 where llama.cpp failed, and the sequence then holds a part or nothing.</returns>
    public ulong WriteState(int sequence, ReadOnlySpan<byte> state)
    {
        fixed (byte* bytes = state)
            return NativeMethods.llama_state_seq_set_data(_context, bytes, (nuint)state.Length, sequence);
    }
}
