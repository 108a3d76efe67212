using E2LLM.Core.Engines;
using E2LLM.Core.Kv;
using E2LLM.Core.Timing;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Emulation;

/// <summary>
/// A slower device on this machine: every step of the engine takes so many times as long. The rest of the time is spent waiting, so
/// that emulated devices do not take the processor from each other, and the next step waits for it as on a device that is busy.
/// </summary>
/// <remarks>
/// Taking KV blocks out and in waits its turn among the steps but is not slowed down: it is copying memory, not computing, and next
/// to the link that the blocks cross it does not count.
/// </remarks>
/// <param name="engine">Disposed with this.</param>
/// <param name="slowdownFactor">At least 1.</param>
/// <param name="time">Clock of the waits.</param>
internal sealed class EmulatedStageEngine(IKvStageEngine engine, double slowdownFactor, TimeProvider time) : IKvStageEngine
{
    private readonly SerialQueue _queue = new();
    private readonly OwedTime _wait = new(time);
    private readonly CancellationTokenSource _unloading = new();

    public StageEngineInfo Info => engine.Info;

    public StageEngineUsage Usage => engine.Usage;

    internal IStageEngine Inner => engine;

    public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        return _queue.Enqueue(() => RunAsync(step), onDropped: () => step.Hidden?.Dispose(), cancellationToken);
    }

    public Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken) =>
        _queue.Enqueue(
            () => engine.ExportKvAsync(sequence, fromPosition, toPosition, CancellationToken.None), onDropped: () => { }, cancellationToken);

    public Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return _queue.Enqueue(ImportAsync, onDropped: () => KvBlocks.DisposeAll(blocks), cancellationToken);

        async Task<bool> ImportAsync()
        {
            await engine.ImportKvAsync(sequence, positions, blocks, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _unloading.CancelAsync().ConfigureAwait(false);
        // Steps that still wait their turn are refused by the engine; that ends them quickly.
        await engine.DisposeAsync().ConfigureAwait(false);
        await _queue.WhenIdleAsync().ConfigureAwait(false);
    }

    private async Task<StageResult> RunAsync(StageStep step)
    {
        var result = await engine.ExecuteAsync(step, CancellationToken.None).ConfigureAwait(false);
        try
        {
            var slowness = TimeSpan.FromSeconds(result.ComputeSeconds * (slowdownFactor - 1));
            await _wait.WaitAsync(slowness, _unloading.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The step is done; only the slowness is cut short.
        }
        return result with { ComputeSeconds = result.ComputeSeconds * slowdownFactor };
    }
}
