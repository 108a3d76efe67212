using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that fail where a test says so, before the step touches anything.</summary>
/// <param name="inner">Makes the engines.</param>
/// <param name="fails">Which steps fail.</param>
/// <param name="kvFails">Which exports and imports fail; null for none.</param>
/// <param name="fault">How a step fails; null: as an engine's does.</param>
internal sealed class FaultyEngines(
    IStageEngineFactory inner, Func<StageEngineSpec, StageStep, bool> fails, Func<StageEngineSpec, bool>? kvFails = null,
    Func<StageStep, Exception>? fault = null) : IStageEngineFactory
{
    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) => new FaultyEngine(
        (IKvStageEngine)await inner.CreateAsync(spec, cancellationToken), step => fails(spec, step), () => kvFails?.Invoke(spec) ?? false, fault);

    private sealed class FaultyEngine(IKvStageEngine inner, Func<StageStep, bool> fails, Func<bool> kvFails, Func<StageStep, Exception>? fault) : IKvStageEngine
    {
        public StageEngineInfo Info => inner.Info;

        public StageEngineUsage Usage => inner.Usage;

        public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken)
        {
            if (!fails(step))
                return inner.ExecuteAsync(step, cancellationToken);
            step.Hidden?.Dispose();
            throw fault?.Invoke(step) ?? new EngineException("the test broke this step");
        }

        public Task<IReadOnlyList<KvBlock>> ExportKvAsync(int sequence, int fromPosition, int toPosition, CancellationToken cancellationToken) =>
            kvFails()
                ? throw new EngineException("the test broke this export")
                : inner.ExportKvAsync(sequence, fromPosition, toPosition, cancellationToken);

        public Task ImportKvAsync(int sequence, int positions, IReadOnlyList<KvBlock> blocks, CancellationToken cancellationToken)
        {
            if (!kvFails())
                return inner.ImportKvAsync(sequence, positions, blocks, cancellationToken);
            foreach (var block in blocks)
                block.Dispose();
            throw new EngineException("the test broke this import");
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
