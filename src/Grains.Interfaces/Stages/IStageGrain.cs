using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>
/// One slice of layers of a replica. Key: device/model/generation/replica/stage, on the silo that hosts the device.
/// </summary>
[Alias("E2LLM.IStageGrain")]
public interface IStageGrain : IGrainWithStringKey
{
    /// <summary>Loads the slice; ends when the engine can run.</summary>
    [Alias("Load"), ResponseTimeout("00:30:00")]
    Task<StageStatus> LoadAsync(StageAssignment assignment);

    /// <summary>Takes a step; ends when it is queued. The stage runs steps in their order and forwards each to the next stage itself.</summary>
    /// <exception cref="Core.Errors.EngineException">The stage is not loaded, or the step is of another epoch.</exception>
    [Alias("Enqueue"), AlwaysInterleave]
    Task EnqueueAsync(StageMessage message);

    /// <summary>Starts a new epoch after a failure: steps that wait are dropped, the running one is finished and forgotten.</summary>
    /// <param name="epoch">Above the present one.</param>
    /// <param name="nextStep">Number of the first step that will come.</param>
    [Alias("Reset"), AlwaysInterleave]
    Task ResetAsync(long epoch, long nextStep);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<StageStatus> GetStatusAsync();

    /// <summary>Frees the engine. Steps that wait are dropped.</summary>
    [Alias("Unload"), AlwaysInterleave]
    Task UnloadAsync();
}
