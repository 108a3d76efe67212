using E2LLM.Core.Requests;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Requests;

/// <summary>One request: its journal, timeline and token stream. Key: the request's id.</summary>
[Alias("E2LLM.IRequestGrain")]
public interface IRequestGrain : IGrainWithStringKey
{
    /// <summary>Runs the request and yields its tokens. Ending the enumeration early cancels it.</summary>
    /// <exception cref="Core.Errors.RequestRejectedException">The id has been used for another request, or the request is malformed.</exception>
    [Alias("Run")]
    IAsyncEnumerable<TokenChunk> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default);

    /// <summary>Stops the work on every device. Harmless when the request is done or unknown.</summary>
    [Alias("Cancel"), AlwaysInterleave]
    Task CancelAsync();

    /// <summary>Null where no such request was ever run.</summary>
    [Alias("Get"), AlwaysInterleave, ReadOnly]
    Task<RequestRecord?> GetAsync();
}
