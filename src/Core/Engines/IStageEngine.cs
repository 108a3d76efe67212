namespace E2LLM.Core.Engines;

/// <summary>
/// The layers of one stage, ready to run. Owns a worker thread; calls queue up and run one at a time, in the order of the calls.
/// </summary>
/// <remarks>
/// A step that is refused (bad slot, position gap, no free KV cell, wrong width, not-a-number in the input) changes no sequence of
/// the step: commands and rows are checked before anything runs. A step that fails inside leaves its sequences as they were before
/// its rows, so that the caller may truncate every stage to the same position.
/// </remarks>
public interface IStageEngine : IAsyncDisposable
{
    StageEngineInfo Info { get; }

    /// <summary>What the engine holds after the latest finished step.</summary>
    StageEngineUsage Usage { get; }

    /// <param name="step">Its <see cref="StageStep.Hidden"/> is disposed by the engine, whatever happens.</param>
    /// <param name="cancellationToken">Drops the step while it waits; a step that runs is finished.</param>
    /// <exception cref="Errors.EngineException">The step was refused or failed.</exception>
    Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken);
}
