using E2LLM.Core.Engines;
using E2LLM.Core.Timing;
using E2LLM.Inference.Engines;

namespace E2LLM.Inference.Emulation;

/// <summary>
/// A slower device on this machine: every step of the engine takes so many times as long. The rest of the time is spent waiting, so
/// that emulated devices do not take the processor from each other, and the next step waits for it as on a device that is busy.
/// </summary>
/// <param name="engine">Disposed with this.</param>
/// <param name="slowdownFactor">At least 1.</param>
/// <param name="time">Clock of the waits.</param>
internal sealed class EmulatedStageEngine(IStageEngine engine, double slowdownFactor, TimeProvider time) : IStageEngine
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
