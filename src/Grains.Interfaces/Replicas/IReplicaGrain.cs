using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Parts;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Replicas;

/// <summary>
/// A replica: queue, continuous batching and the step loop over its stages. Key: device/model/generation/replica, on the silo of
/// its first stage's device.
/// </summary>
[Alias("E2LLM.IReplicaGrain")]
public interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>Loads the stages and starts the loop; ends when every stage is ready. A start that is going on already is joined.</summary>
    [Alias("Start"), ResponseTimeout("00:30:00")]
    Task StartAsync(ReplicaAssignment assignment);

    /// <summary>Takes no more requests; ends when those that it has have ended, or it has been stopped. Says so in its reports meanwhile.</summary>
    [Alias("Drain"), ResponseTimeout("01:00:00")]
    Task DrainAsync();

    /// <summary>Fails what is queued or running, then frees the stages.</summary>
    [Alias("Stop")]
    Task StopAsync();

    /// <summary>
    /// Queues a part of a request. From then on the reader gets its updates; the last one is the first with a finish reason or a
    /// timeline. A part that has been submitted already is not run twice.
    /// </summary>
    /// <returns>Null, or why the replica does not take it: it cannot now, its queue is full, or the request can never fit.</returns>
    [Alias("Submit"), AlwaysInterleave]
    Task<RequestFailure?> SubmitAsync(PartRequest part);

    /// <summary>From a reader: what it still wants (<see cref="PartsWanted"/>). Says that it is there, too.</summary>
    /// <returns>Tickets of the parts that the replica does not know, or no longer.</returns>
    [Alias("Want"), AlwaysInterleave]
    Task<ImmutableArray<long>> WantAsync(PartsWanted wanted);

    /// <summary>Ends a part and frees what it holds here. Harmless where there is none; one that is lost is made good by <see cref="WantAsync"/>.</summary>
    /// <returns>The part's times up to its end; null where there is none.</returns>
    [Alias("EndPart"), AlwaysInterleave]
    Task<RequestTimeline?> EndPartAsync(string readerId, long ticket);

    /// <summary>
    /// Prefill: sends the cache, what is read already and what will be as it is read; ends when the receivers have all of it.
    /// </summary>
    /// <exception cref="Core.Errors.KvTransferException">It did not arrive; it can be sent anew, elsewhere.</exception>
    [Alias("SendKv"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    Task<KvSendReport> SendKvAsync(string requestId, ImmutableArray<KvTarget> targets, CancellationToken cancellationToken = default);

    /// <summary>Prefill: the cache is where it shall be; the request ends here. Harmless where it has ended.</summary>
    [Alias("ReleaseHeld"), AlwaysInterleave]
    Task ReleaseHeldAsync(string requestId);

    /// <summary>Decode: everything has been sent. The stages take the cache in, and the answer goes on after the first token.</summary>
    /// <exception cref="Core.Errors.KvTransferException">A stage could not take it in, or the reception is void.</exception>
    [Alias("KvArrived"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task KvArrivedAsync(string requestId, long openedInStep, int firstToken);

    /// <summary>Decode: the cache will not come.</summary>
    [Alias("KvFailed"), AlwaysInterleave]
    Task KvFailedAsync(KvFailure failure);

    /// <summary>From the last stage: a step is done.</summary>
    [Alias("CompleteStep"), AlwaysInterleave]
    Task CompleteStepAsync(StepCompletion completion);

    /// <summary>From any stage: a step failed, or could not be forwarded.</summary>
    [Alias("FailStep"), AlwaysInterleave]
    Task FailStepAsync(StepFailure failure);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<ReplicaStatus> GetStatusAsync();
}
