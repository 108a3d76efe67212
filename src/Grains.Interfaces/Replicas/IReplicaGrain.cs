using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Stages;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Replicas;

/// <summary>
/// A replica: queue, continuous batching and the step loop over its stages. Key: device/model/generation/replica, on the silo of
/// its first stage's device.
/// </summary>
[Alias("E2LLM.IReplicaGrain")]
public interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>Loads the stages and starts the loop; ends when every stage is ready.</summary>
    [Alias("Start"), ResponseTimeout("00:30:00")]
    Task StartAsync(ReplicaAssignment assignment);

    /// <summary>Takes no more requests; ends when those that it has have ended, or it has been stopped. Says so in its reports meanwhile.</summary>
    [Alias("Drain"), ResponseTimeout("01:00:00")]
    Task DrainAsync();

    /// <summary>Fails what is queued or running, then frees the stages.</summary>
    [Alias("Stop")]
    Task StopAsync();

    /// <summary>Queues a request and yields its tokens as they are sampled. Ending the enumeration early cancels the request.</summary>
    /// <exception cref="Core.Errors.OverloadedException">The queue is full.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request can never fit.</exception>
    [Alias("Generate")]
    IAsyncEnumerable<TokenChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads a prompt, yields the first token and holds the KV cache until <see cref="ReleaseHeldAsync"/>; the first update says that
    /// the request has its slot. Ending the enumeration early cancels the request and frees the cache.
    /// </summary>
    /// <exception cref="Core.Errors.OverloadedException">The queue is full.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request can never fit.</exception>
    [Alias("Prefill")]
    IAsyncEnumerable<PartUpdate> PrefillAsync(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reserves a slot, yields where its KV cache has to go, and once that is there the answer from the second token on. Ending the
    /// enumeration early cancels the request and turns its senders away.
    /// </summary>
    /// <param name="request">To be given here only once the other replica has begun to read it.</param>
    /// <param name="sources">The stages that will send the cache.</param>
    /// <param name="cancellationToken">As ending the enumeration.</param>
    /// <exception cref="Core.Errors.OverloadedException">The queue is full.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request can never fit.</exception>
    [Alias("Decode")]
    IAsyncEnumerable<PartUpdate> DecodeAsync(
        GenerationRequest request, ImmutableArray<KvSource> sources, CancellationToken cancellationToken = default);

    /// <summary>
    /// Prefill: sends the cache, what is read already and what will be as it is read; ends when the receivers have all of it.
    /// </summary>
    /// <exception cref="Core.Errors.KvTransferException">It did not arrive; it can be sent anew, elsewhere.</exception>
    [Alias("SendKv"), AlwaysInterleave, ResponseTimeout("00:30:00")]
    Task<KvSendReport> SendKvAsync(string requestId, ImmutableArray<KvPart> parts, CancellationToken cancellationToken = default);

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

    /// <summary>Ends a request, or a part of one, and frees what it holds here; also one whose call is still on its way. Harmless otherwise.</summary>
    [Alias("Cancel"), AlwaysInterleave]
    Task CancelAsync(string requestId);

    /// <summary>
    /// From the grain of a request: it is still there. A replica that has not heard that for a lease (KvLeaseSeconds) ends the request
    /// and frees what it holds. Harmless where the request is unknown.
    /// </summary>
    [Alias("KeepAlive"), AlwaysInterleave]
    Task KeepAliveAsync(string requestId);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<ReplicaStatus> GetStatusAsync();
}
