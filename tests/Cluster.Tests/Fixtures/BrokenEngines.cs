using E2LLM.Core.Engines;
using E2LLM.Core.Errors;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Engines that cannot be loaded where a test says so.</summary>
/// <param name="inner">Makes the others.</param>
/// <param name="isBroken">Which ones.</param>
/// <param name="fault">Made of a message; null: the engine's.</param>
internal sealed class BrokenEngines(IStageEngineFactory inner, Func<StageEngineSpec, bool> isBroken, Func<string, Exception>? fault = null)
    : IStageEngineFactory
{
    public Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        if (!isBroken(spec))
            return inner.CreateAsync(spec, cancellationToken);
        var message = $"the test broke the engine of device {spec.Device.Id}";
        throw fault?.Invoke(message) ?? new EngineException(message);
    }
}
