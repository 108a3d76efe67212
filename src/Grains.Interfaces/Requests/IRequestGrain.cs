using E2LLM.Core.Requests;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Requests;

/// <summary>One request: its journal, timeline and token stream. Key: the request's id.</summary>
[Alias("E2LLM.IRequestGrain")]
public interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>Runs the request and yields its tokens. Ending the enumeration early cancels it.</summary>
    /// <exception cref="Core.Errors.RequestRejectedException">The id has been used for another request that had an answer, or the request is malformed.</exception>
    [Alias("Run")]
    IAsyncEnumerable<TokenChunk> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>Stops the work on every device. Harmless when the request is done or unknown.</summary>
    [Alias("Cancel"), AlwaysInterleave]
    Task CancelAsync();

    /// <summary>
    /// From the reader: it has all that it wants, for one of its stop texts was met. Stops the work on every device; the journal keeps the
    /// answer as <see cref="FinishReason.Stop"/>, also where it had ended by itself meanwhile: the reader has told its client so.
    /// </summary>
    /// <param name="tokens">How many tokens of the answer count; later ones are not kept.</param>
    /// <returns>The answer's timeline; null where the request is unknown.</returns>
    [Alias("End"), AlwaysInterleave]
    Task<RequestTimeline?> EndAsync(int tokens);

    /// <summary>
    /// From a gateway whose host stops: nobody waits for the rest of the answer. Stops the work on every device; the journal keeps the
    /// request as <see cref="FinishReason.Interrupted"/>, and the statistics count it. Harmless when the request is done or unknown.
    /// </summary>
    [Alias("Interrupt"), AlwaysInterleave]
    Task InterruptAsync();

    /// <summary>Removes what is kept of a request that is done; one that is not is stopped, as by <see cref="CancelAsync"/>, and stays.</summary>
    /// <returns>Whether there was a record, and it is gone.</returns>
    /// <exception cref="Core.Errors.StorageUnavailableException">The journal's store does not answer; the record stays.</exception>
    [Alias("Delete"), AlwaysInterleave]
    Task<bool> DeleteAsync();

    /// <summary>
    /// From a silo that was started anew, of a record in its journal: one that was not done is interrupted, and the statistics are told of
    /// the request again. Harmless at any time.
    /// </summary>
    [Alias("Recover"), AlwaysInterleave]
    Task RecoverAsync();

    /// <summary>
    /// Null where no such request was ever run. One whose silo is gone is done, and interrupted; its id can be used again where it had no token.
    /// </summary>
    /// <exception cref="Core.Errors.StorageUnavailableException">The journal's store does not answer, so that nobody knows.</exception>
    [Alias("Get"), AlwaysInterleave, ReadOnly]
    Task<RequestRecord?> GetAsync();
}
