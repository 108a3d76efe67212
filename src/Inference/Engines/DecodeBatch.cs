using System.Runtime.InteropServices;
using E2LLM.Core.Engines;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>The unmanaged arrays of a llama_batch, made once for the largest step.</summary>
internal sealed unsafe class DecodeBatch : IDisposable
{
    private readonly int _capacityRows;
    private byte* _memory;
    private readonly int** _sequenceIds;
    private readonly int* _positions;
    private readonly int* _sequenceCounts;
    private readonly int* _sequences;
    private readonly sbyte* _outputs;

    public DecodeBatch(int capacityRows)
    {
        _capacityRows = capacityRows;
        var rows = (nuint)capacityRows;
        _memory = (byte*)NativeMemory.AllocZeroed(rows, (nuint)sizeof(int*) + 3 * sizeof(int) + sizeof(sbyte));
        _sequenceIds = (int**)_memory;
        _positions = (int*)(_sequenceIds + rows);
        _sequenceCounts = _positions + rows;
        _sequences = _sequenceCounts + rows;
        _outputs = (sbyte*)(_sequences + rows);
        for (var row = 0; row < capacityRows; row++)
        {
            _sequenceCounts[row] = 1;
            _sequenceIds[row] = _sequences + row;
        }
    }

    /// <param name="rows">At most as many as fit.</param>
    /// <param name="embeddings">[rows, n_embd]; must stay in place while the batch is used.</param>
    /// <param name="everyRowIsOutput">Set where hidden states are tapped: the last block computes output rows alone.</param>
    public LlamaBatch Fill(ReadOnlySpan<StepRow> rows, float* embeddings, bool everyRowIsOutput)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, _capacityRows);
        ObjectDisposedException.ThrowIf(_memory is null, this);
        for (var row = 0; row < rows.Length; row++)
        {
            _positions[row] = rows[row].Position;
            _sequences[row] = rows[row].Sequence;
            _outputs[row] = everyRowIsOutput || rows[row].IsOutput ? (sbyte)1 : (sbyte)0;
        }
        return new LlamaBatch
        {
            TokenCount = rows.Length,
            Embeddings = embeddings,
            Position = _positions,
            SequenceCount = _sequenceCounts,
            SequenceIds = _sequenceIds,
            IsOutput = _outputs,
        };
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
