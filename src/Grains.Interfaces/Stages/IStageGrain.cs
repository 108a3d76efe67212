using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>
/// One slice of layers of a replica. Key: device/model/generation/replica/stage, on the silo that hosts the device.
/// </summary>
[Alias("E2LLM.IStageGrain")]
public interface IStageGrain : IGrainWithStringKey
{
    /// <summary>Loads the slice; ends when the engine can run. A later load takes the place of one that is still going on.</summary>
    /// <exception cref="Core.Errors.E2LlmException">The slice cannot be loaded, or is not to be any more.</exception>
    [Alias("Load"), ResponseTimeout("00:30:00")]
    Task<StageStatus> LoadAsync(StageAssignment assignment);

    /// <summary>Takes a step; ends when it is queued. One that came before, or is of an older epoch, is passed over. The stage runs steps in their order and forwards each to the next stage itself.</summary>
    /// <exception cref="Core.Errors.EngineException">The stage is not loaded, the step does not fit it, or is of a later epoch than its own.</exception>
    [Alias("Enqueue"), AlwaysInterleave]
    Task EnqueueAsync(StageMessage message);

    /// <summary>Starts a new epoch after a failure: steps that wait are dropped, the running one is finished and forgotten.</summary>
    /// <param name="epoch">The present one, or one below, changes nothing.</param>
    /// <param name="nextStep">Number of the first step that will come.</param>
    [Alias("Reset"), AlwaysInterleave]
    Task ResetAsync(long epoch, long nextStep);

    /// <summary>
    /// From the replica, time and again: the stage is still wanted. One that has not heard that for <see cref="StageAssignment.LeaseSeconds"/>
    /// unloads itself.
    /// </summary>
    [Alias("Renew"), AlwaysInterleave]
    Task<StageProgress> RenewAsync(StageRenewal renewal);

    /// <summary>Whether a step has come, and has been run or waits for its turn; for whoever sent it and was not told.</summary>
    [Alias("Has"), AlwaysInterleave, ReadOnly]
    Task<bool> HasAsync(long epoch, long stepNumber);

    /// <summary>Opens the data port for the stage's layers of a cache: one target for every sender that has some of them.</summary>
    [Alias("ExpectKv"), AlwaysInterleave]
    Task<ImmutableArray<KvTarget>> ExpectKvAsync(KvExpectation expectation);

    /// <summary>Fills a slot from the transfers that have come in for it.</summary>
    /// <exception cref="Core.Errors.E2LlmException">A transfer has failed, or the slot is no longer the one that was meant.</exception>
    [Alias("ImportKv"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task ImportKvAsync(KvImport import);

    /// <summary>Turns the senders to a slot away and frees what has come in. Harmless where nothing is expected for it.</summary>
    [Alias("DropKv"), AlwaysInterleave]
    Task DropKvAsync(KvSlot slot);

    /// <summary>
    /// Begins a sending: connections are made while there is nothing to send yet. To be told of it is no need; whether the receivers are there is
    /// learnt by the first export.
    /// </summary>
    [Alias("OpenKvSending"), AlwaysInterleave]
    Task OpenKvSendingAsync(long sendingId, ImmutableArray<KvTarget> targets);

    /// <summary>Sends positions of a slot. All exports of one sending come one after the other; one that comes twice is sent once.</summary>
    /// <returns>Bytes of the positions, and the seconds that they took to leave, without the engine's.</returns>
    /// <exception cref="Core.Errors.E2LlmException">The slot does not hold them, or a receiver is lost.</exception>
    [Alias("ExportKv"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    Task<KvSendReport> ExportKvAsync(KvExport export);

    /// <summary>Ends a sending, complete or not.</summary>
    [Alias("EndKvSending"), AlwaysInterleave]
    Task EndKvSendingAsync(long sendingId);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<StageStatus> GetStatusAsync();

    /// <summary>Frees the engine. Steps that wait are dropped.</summary>
    /// <param name="epoch">What was loaded in a later one stays: the call has been overtaken by that load.</param>
    [Alias("Unload"), AlwaysInterleave]
    Task UnloadAsync(long epoch);
}
