using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Synthetic;

/// <remarks>Taking blocks out and in takes no time of the engine's clock.</remarks>
internal sealed partial class SyntheticStageEngine : IKvStageEngine
{
    public Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken) =>
        _queue.Enqueue(() => Task.FromResult(ExportKv(sequence, fromPosition, toPosition)), onDropped: () => { }, cancellationToken);

    public Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return _queue.Enqueue(
            () => Task.FromResult(ImportKv(sequence, positions, blocks)), onDropped: () => KvBlocks.DisposeAll(blocks), cancellationToken);
    }

    private IReadOnlyList<KvBlock> ExportKv(int sequence, int fromPosition, int toPosition)
    {
        ThrowIfUnloading();
        _ledger.CheckExport(sequence, fromPosition, toPosition);
        var layers = Enumerable.Range(Info.FirstLayer, Info.LayerCount);
        return [.. layers.Select(layer => _slots[sequence].Export(layer, fromPosition, toPosition))];
    }

    private bool ImportKv(int sequence, int positions, IReadOnlyList<KvBlock> blocks)
    {
        try
        {
            ThrowIfUnloading();
            _ledger.CheckImport(sequence, positions);
            try
            {
                KvBlockCheck.Check(blocks, Info.FirstLayer, Info.LayerCount, SyntheticSlot.RowBytes, SyntheticSlot.RowBytes, positions);
                _slots[sequence].Import(blocks);
            }
            catch (Exception error)
            {
                _slots[sequence].Truncate(0);
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

    private void ThrowIfUnloading()
    {
        if (_unloading.IsCancellationRequested)
            throw new EngineException($"{_name} is being unloaded.");
    }
}
