namespace E2LLM.Core.Engines;

/// <summary>Loads engines on this machine.</summary>
public interface IStageEngineFactory
{
    /// <exception cref="Errors.E2LlmException">The model is unknown, the slice damaged, or memory short; names which.</exception>
    Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken);
}
