using System.Collections.Immutable;
using E2LLM.Grains.Interfaces.HandOff;
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

    /// <summary>Opens the data port for the stage's layers of a cache: one part for every sender that has some of them.</summary>
    [Alias("ExpectKv"), AlwaysInterleave]
    Task<ImmutableArray<KvPart>> ExpectKvAsync(KvExpectation expectation);

    /// <summary>Starts the leases of transfers anew. Those that are over are passed over.</summary>
    [Alias("RenewKv"), AlwaysInterleave]
    Task RenewKvAsync(ImmutableArray<Guid> transferIds);

    /// <summary>Fills a slot from transfers that have come in.</summary>
    /// <exception cref="Core.Errors.E2LlmException">A transfer has failed, or the slot is no longer the one that was meant.</exception>
    [Alias("ImportKv"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task ImportKvAsync(KvImport import);

    /// <summary>Turns the senders of transfers away and frees what has come in. Harmless where they are over.</summary>
    [Alias("DropKv"), AlwaysInterleave]
    Task DropKvAsync(ImmutableArray<Guid> transferIds);

    /// <summary>Sends positions of a slot. All exports of one sending come one after the other.</summary>
    /// <returns>Bytes of the positions, and the seconds that they took to leave, without the engine's.</returns>
    /// <exception cref="Core.Errors.E2LlmException">The slot does not hold them, or a receiver is lost.</exception>
    [Alias("ExportKv"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    Task<KvSendReport> ExportKvAsync(KvExport export);

    /// <summary>Ends a sending, complete or not.</summary>
    [Alias("EndKvSending"), AlwaysInterleave]
    Task EndKvSendingAsync(Guid sendingId);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<StageStatus> GetStatusAsync();

    /// <summary>Frees the engine. Steps that wait are dropped.</summary>
    [Alias("Unload"), AlwaysInterleave]
    Task UnloadAsync();
}
