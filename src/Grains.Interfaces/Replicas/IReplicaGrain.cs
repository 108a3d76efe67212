using E2LLM.Core.Requests;
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

    /// <summary>Fails what is queued or running, then frees the stages.</summary>
    [Alias("Stop")]
    Task StopAsync();

    /// <summary>Queues a request and yields its tokens as they are sampled. Ending the enumeration early cancels the request.</summary>
    /// <exception cref="Core.Errors.OverloadedException">The queue is full.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request can never fit.</exception>
    [Alias("Generate")]
    IAsyncEnumerable<TokenChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>From the last stage: a step is done.</summary>
    [Alias("CompleteStep"), AlwaysInterleave]
    Task CompleteStepAsync(StepCompletion completion);

    /// <summary>From any stage: a step failed, or could not be forwarded.</summary>
    [Alias("FailStep"), AlwaysInterleave]
    Task FailStepAsync(StepFailure failure);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<ReplicaStatus> GetStatusAsync();
}
