using System.Buffers;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Inference.Kv;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <remarks>
/// Blocks do not say which model they are of: the caller hands them to replicas of the same model and KvType alone. The rows are
/// those of the sender bit for bit, put into cells in the order of the positions; so what follows has the bits of an uninterrupted
/// run whose cells lie in that order too. (llama.cpp sums in the order of the cells. A sequence that grew into cells that others had
/// freed sums in another one, with or without a hand-off.) Flash attention may differ, since blocks hold V by position in any case.
/// Layers with a sliding window give no more than what their window still reaches, and take no more.
/// </remarks>
internal sealed partial class LlamaStageEngine : IKvStageEngine
{
    private long _stateBytesRead;

    /// <summary>Bytes that llama.cpp has copied out of its cache for exports: what they cost, next to what they gave.</summary>
    internal long StateBytesRead => Interlocked.Read(ref _stateBytesRead);

    public Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken) =>
        _worker.Post(() => ExportKv(sequence, fromPosition, toPosition), onDropped: () => { }, cancellationToken);

    public Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return _worker.Post(() => ImportKv(sequence, positions, blocks), onDropped: () => KvBlocks.DisposeAll(blocks), cancellationToken);
    }

    private IReadOnlyList<KvBlock> ExportKv(int sequence, int fromPosition, int toPosition)
    {
        _ledger.CheckExport(sequence, fromPosition, toPosition);
        var blocks = new List<KvBlock>(Info.LayerCount);
        var export = _slice.ExportSequence;
        try
        {
            // llama.cpp gives whole sequences out, so the wanted cells become one of their own for a moment. They are shared, not copied.
            _slice.Share(sequence, export, fromPosition, toPosition);
            ReadBlocks(export, fromPosition, toPosition, blocks);
            return blocks;
        }
        catch (Exception error)
        {
            KvBlocks.DisposeAll(blocks);
            throw new EngineException($"{_name}: taking out positions {fromPosition} to {toPosition - 1} of slot {sequence} failed: {error.Message}", error);
        }
        finally
        {
            _slice.Forget(export, 0);
        }
    }

    /// <param name="sequence">Holds exactly the positions.</param>
    private void ReadBlocks(int sequence, int fromPosition, int toPosition, List<KvBlock> blocks)
    {
        var header = new KvBlockHeader(Info.FirstLayer, fromPosition, toPosition - fromPosition, _kvLayout.RowBytes, _kvLayout.RowBytes);
        header.ThrowIfInvalid();
        using var errors = NativeLog.CaptureErrors();
        var stateBytes = _slice.StateBytes(sequence);
        var most = KvState.MaxBytes(_kvLayout, header.Rows);
        if (stateBytes > (ulong)Math.Min(most, Array.MaxLength))
            throw new EngineException($"the state has {stateBytes} bytes, but {Math.Min(most, Array.MaxLength)} are possible");
        var buffer = ArrayPool<byte>.Shared.Rent((int)stateBytes);
        try
        {
            var bytes = buffer.AsMemory(0, (int)stateBytes);
            var written = _slice.ReadState(sequence, bytes.Span);
            Interlocked.Add(ref _stateBytesRead, (long)written);
            if (written != stateBytes)
                throw new EngineException($"llama.cpp wrote {written} of {stateBytes} bytes: {errors}");
            var state = KvState.Parse(bytes, _kvLayout, sequence, fromPosition, toPosition);
            for (var layer = Info.FirstLayer; layer < Info.FirstLayer + Info.LayerCount; layer++)
            {
                blocks.Add(KvBlock.Rent(header with { Layer = layer }));
                state.CopyTo(blocks[^1]);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool ImportKv(int sequence, int positions, IReadOnlyList<KvBlock> blocks)
    {
        try
        {
            _ledger.CheckImport(sequence, positions);
            try
            {
                KvBlockCheck.Check(blocks, Info.FirstLayer, Info.LayerCount, _kvLayout.RowBytes, _kvLayout.RowBytes, positions);
                WriteBlocks(sequence, positions, blocks);
            }
            catch (Exception error)
            {
                throw new EngineException($"{_name}: filling slot {sequence} with {positions} positions failed: {error.Message}", error);
            }
            _ledger.CommitImport(sequence, positions);
            return true;
        }
        finally
        {
            KvBlocks.DisposeAll(blocks);
            PublishUsage();
        }
    }

    private void WriteBlocks(int sequence, int positions, IReadOnlyList<KvBlock> blocks)
    {
        using var errors = NativeLog.CaptureErrors();
        var stateBytes = KvStateWriter.StateBytes(_kvLayout, positions);
        if (stateBytes > Array.MaxLength)
            throw new EngineException($"the state has {stateBytes} bytes, but {Array.MaxLength} are possible");
        var buffer = ArrayPool<byte>.Shared.Rent((int)stateBytes);
        try
        {
            var bytes = buffer.AsMemory(0, (int)stateBytes);
            KvStateWriter.Write(bytes, _kvLayout, sequence, positions, blocks);
            if (_slice.WriteState(sequence, bytes.Span) is var read && read != (ulong)stateBytes)
            {
                // One of two caches may have taken its part.
                _slice.Forget(sequence, 0);
                throw new EngineException($"llama.cpp read {read} of {stateBytes} bytes: {errors}");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
