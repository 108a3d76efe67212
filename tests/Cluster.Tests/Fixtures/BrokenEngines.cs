using E2LLM.Core.Engines;
using E2LLM.Core.Errors;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that cannot be loaded where a test says so.</summary>
/// <param name="inner">Makes the others.</param>
/// <param name="isBroken">Which ones.</param>
internal sealed class BrokenEngines(IStageEngineFactory inner, Func<StageEngineSpec, bool> isBroken) : IStageEngineFactory
{
    public Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) => isBroken(spec)
        ? throw new EngineException($"the test broke the engine of device {spec.Device.Id}")
        : inner.CreateAsync(spec, cancellationToken);
}
