using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Engines;

namespace E2LLM.Inference.Synthetic;

/// <summary>Makes engines without weights, for cluster tests and simulations.</summary>
/// <param name="catalog">Models from <see cref="SyntheticModel.Spec"/>.</param>
/// <param name="timing">Of a device with slowdown factor 1.</param>
/// <param name="time">The engines wait on it; may be virtual.</param>
public sealed class SyntheticStageEngineFactory(IModelCatalog catalog, SyntheticTiming timing, TimeProvider time) : IStageEngineFactory
{
    /// <exception cref="E2LlmException">The model is unknown or a setting out of range.</exception>
    public Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        var model = catalog.Find(spec.ModelId) ?? throw new RequestRejectedException($"There is no model '{spec.ModelId}' here.");
        StageEngineSpecCheck.Check(spec, model);
        return Task.FromResult<IStageEngine>(new SyntheticStageEngine(spec, model, timing, time));
    }
}
