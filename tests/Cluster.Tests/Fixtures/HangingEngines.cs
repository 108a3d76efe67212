using E2LLM.Core.Engines;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that do not come back from a step, as a hung driver would: no cancellation helps, and no disposal.</summary>
/// <param name="inner">Makes the engines.</param>
/// <param name="hangs">The steps that do not come back before <see cref="Release"/>.</param>
internal sealed class HangingEngines(IStageEngineFactory inner, Func<StageEngineSpec, StageStep, bool> hangs) : IStageEngineFactory
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _released.TrySetResult();

    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) =>
        new HangingEngine(await inner.CreateAsync(spec, cancellationToken), step => hangs(spec, step), _released.Task);

    private sealed class HangingEngine(IStageEngine inner, Func<StageStep, bool> hangs, Task released) : IStageEngine
    {
        private Task _hung = Task.CompletedTask;

        public StageEngineInfo Info => inner.Info;

        public StageEngineUsage Usage => inner.Usage;

        public async Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
        {
            if (!released.IsCompleted && _hung.IsCompleted && hangs(step))
            {
                _hung = released;
                await released;
            }
            // What comes behind it can still be dropped.
            await _hung.WaitAsync(cancellationToken);
            return await inner.ExecuteAsync(step, CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            await _hung;
            await inner.DisposeAsync();
        }
    }
}
