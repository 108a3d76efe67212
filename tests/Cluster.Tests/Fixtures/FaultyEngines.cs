using E2LLM.Core.Engines;
using E2LLM.Core.Errors;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that fail where a test says so, before the step touches anything.</summary>
internal sealed class FaultyEngines(IStageEngineFactory inner, Func<StageEngineSpec, StageStep, bool> fails) : IStageEngineFactory
{
    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) =>
        new FaultyEngine(await inner.CreateAsync(spec, cancellationToken), step => fails(spec, step));

    private sealed class FaultyEngine(IStageEngine inner, Func<StageStep, bool> fails) : IStageEngine
    {
        public StageEngineInfo Info => inner.Info;

        public StageEngineUsage Usage => inner.Usage;

        public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
        {
            if (!fails(step))
                return inner.ExecuteAsync(step, cancellationToken);
            step.Hidden?.Dispose();
            throw new EngineException("the test broke this step");
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
