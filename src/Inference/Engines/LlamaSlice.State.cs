namespace E2LLM.Inference.Engines;

internal sealed partial class LlamaSlice
{
    /// <summary>Lets a sequence share the KV cells of another one.</summary>
    /// <param name="source">Holds the positions.</param>
    /// <param name="sequence">Another one; holds none of them.</param>
    /// <param name="fromPosition">The first position.</param>
    /// <param name="toPosition">One past the last.</param>
    public void Share(int source, int sequence, int fromPosition, int toPosition) =>
        _context.Share(source, sequence, fromPosition, toPosition);

    /// <summary>Bytes that <see cref="ReadState"/> writes.</summary>
    public ulong StateBytes(int sequence) => _context.StateBytes(sequence);

    /// <summary>Copies the KV cells of a sequence.</summary>
    /// <returns>Bytes written; 0 where llama.cpp failed.</returns>
    public ulong ReadState(int sequence, Span<byte> destination) => _context.ReadState(sequence, destination);

    /// <summary>Replaces the KV cells of a sequence.</summary>
    /// <param name="sequence">Within the context: llama.cpp aborts on another.</param>
    /// <param name="state">Whole and right: llama.cpp believes its count of cells and allocates accordingly.</param>
    /// <returns>Bytes read; 0 where llama.cpp failed, and the sequence then holds a part or nothing.</returns>
    public ulong WriteState(int sequence, ReadOnlySpan<byte> state) => _context.WriteState(sequence, state);
}
