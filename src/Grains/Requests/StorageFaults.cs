using E2LLM.Core.Errors;

namespace E2LLM.Grains.Requests;

/// <summary>Tells a store that does not answer, which has said so in the log itself, from all else that can go wrong with a record.</summary>
internal static class StorageFaults
{
    /// <summary>How soon a write that found no store is tried again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>The runtime wraps what a store throws.</summary>
    public static bool IsOutage(Exception exception) =>
        exception is StorageUnavailableException or { InnerException: StorageUnavailableException };
}
