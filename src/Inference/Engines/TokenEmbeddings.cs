using System.IO.MemoryMappedFiles;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Token look-up on the first stage, straight from the mapped rows of the model file. ggml's own conversion is used, the one that its
/// CPU look-up calls, so the values are those of the unsliced model bit for bit.
/// </summary>
/// <remarks>With the table in the first slice, llama.cpp would hold it in memory and write logits of every prefill row.</remarks>
internal sealed unsafe class TokenEmbeddings : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _rows;
    private readonly long _rowBytes;
    private readonly float _scale;
    private readonly delegate* unmanaged[Cdecl]<void*, float*, long, void> _toFloat;

    public TokenEmbeddings(ILlamaRuntime runtime, GgufFile file, EmbeddingTable table)
    {
        Width = table.Width;
        _rowBytes = table.RowBytes;
        _scale = table.Scale;
        if (table.Type != GgmlType.F32)
            _toFloat = runtime.ToFloat((int)table.Type);
        _view = file.MapTensor(table.Tensor);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _rows = start + _view.PointerOffset;
    }

    /// <summary>Values of a row.</summary>
    public int Width { get; }

    /// <param name="token">Within the vocabulary.</param>
    /// <param name="destination">Room for <see cref="Width"/> values.</param>
    public void LookUp(int token, Span<float> destination)
    {
        var row = _rows + token * _rowBytes;
        fixed (float* values = destination[..Width])
        {
            if (_toFloat is null)
                Buffer.MemoryCopy(row, values, _rowBytes, _rowBytes);
            else
                _toFloat(row, values, Width);
        }
        if (_scale != 1)
            foreach (ref var value in destination[..Width])
                value *= _scale;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
