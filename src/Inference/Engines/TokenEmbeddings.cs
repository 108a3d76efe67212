using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Token look-up on the first stage, from the rows of the model file. ggml's own conversion is used, the one that its CPU look-up calls,
/// so the values are those of the unsliced model bit for bit. For one thread at a time.
/// </summary>
/// <remarks>
/// With the table in the first slice, llama.cpp would hold it in memory and write logits of every prefill row. The file is its owner's,
/// who may overwrite it at any time: rows are read, in some microseconds where the system has them in memory, and not mapped.
/// </remarks>
internal sealed unsafe class TokenEmbeddings
{
    private readonly GgufFile _file;
    private readonly EmbeddingTable _table;
    private readonly byte[] _row;
    private readonly delegate* unmanaged[Cdecl]<void*, float*, long, void> _toFloat;

    public TokenEmbeddings(ILlamaRuntime runtime, GgufFile file, EmbeddingTable table)
    {
        (_file, _table) = (file, table);
        _row = new byte[table.RowBytes];
        if (table.Type != GgmlType.F32)
            _toFloat = runtime.ToFloat((int)table.Type);
    }

    /// <summary>Values of a row.</summary>
    public int Width => _table.Width;

    /// <param name="tokens">Within the vocabulary.</param>
    /// <param name="destination">Room for <see cref="Width"/> values each, in their order.</param>
    /// <exception cref="ModelFileException">The file is not the one that the slices were cut from any more.</exception>
    public void LookUp(ReadOnlySpan<int> tokens, Span<float> destination)
    {
        for (var index = 0; index < tokens.Length; index++)
            LookUp(tokens[index], destination.Slice(index * Width, Width));
        // Afterwards: what was written while the rows were read counts too.
        _file.RequireUnchanged(_table.Tensor);
    }

    private void LookUp(int token, Span<float> destination)
    {
        var row = _toFloat is null ? MemoryMarshal.AsBytes(destination) : _row;
        _file.ReadTensor(_table.Tensor, token * _table.RowBytes, row);
        if (_toFloat is not null)
            fixed (byte* packed = row)
            fixed (float* values = destination)
                _toFloat(packed, values, Width);
        if (_table.Scale != 1)
            foreach (ref var value in destination)
                value *= _table.Scale;
    }
}
