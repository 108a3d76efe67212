namespace E2LLM.Scheduling.Batching;

/// <summary>A replica's load at one moment, and its totals since it started.</summary>
public sealed record SchedulerCounters
{
    public required int QueuedRequests { get; init; }

    /// <summary>Requests that hold a slot, those included whose slot is about to be closed.</summary>
    public required int RunningRequests { get; init; }

    /// <summary>Running requests whose prompt is read and whose KV cache is being handed on.</summary>
    public required int HeldRequests { get; init; }

    /// <summary>Running requests whose KV cache has not arrived yet.</summary>
    public required int AwaitingKvRequests { get; init; }

    public required int KvCells { get; init; }

    public required int ReservedKvCells { get; init; }

    /// <summary>Cells that the steps issued so far fill.</summary>
    public required int UsedKvCells { get; init; }

    /// <summary>Slots without a request that are kept for the prompts in them; whoever needs a slot or its cells gets them.</summary>
    public required int KeptPrefixes { get; init; }

    /// <summary>Their cells, which do not count as reserved.</summary>
    public required int KeptKvCells { get; init; }

    /// <summary>Requests that were to be read from the start while prefixes are reused.</summary>
    public required long PrefixLookups { get; init; }

    /// <summary>Those of them that shared a prefix.</summary>
    public required long PrefixHits { get; init; }

    /// <summary>Tokens that were shared and not read.</summary>
    public required long PrefixHitTokens { get; init; }

    /// <summary>Kept prefixes that were given up for slots or cells.</summary>
    public required long PrefixEvictions { get; init; }

    public required int StepsInFlight { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or may still be written.</summary>
    public required long PendingTokens { get; init; }

    /// <summary>Prompt tokens of queued and running requests whose KV caches have not arrived yet.</summary>
    public required long AwaitedKvTokens { get; init; }

    public required long CompletedSteps { get; init; }

    /// <summary>Requests that ended by a stop token or by length.</summary>
    public required long CompletedRequests { get; init; }

    /// <summary>Requests whose KV cache was handed on.</summary>
    public required long HandedOffRequests { get; init; }

    /// <summary>How often a request lost its slot because cells were short.</summary>
    public required long Preemptions { get; init; }

    public required long GeneratedTokens { get; init; }

    /// <summary>Failures since the last completed step: a replica where this grows does not recover by itself.</summary>
    public required int FailuresInARow { get; init; }

    /// <summary>Requests that may run at once, now: below the setting where they would be too slow. More may still run from before.</summary>
    public required int RunningLimit { get; init; }

    /// <summary>Seconds between two tokens of an answer, as measured last; 0: not yet.</summary>
    public required double TokenSeconds { get; init; }

    /// <summary>Mean of the requests that ran then.</summary>
    public required double TokenSecondsRunning { get; init; }
}
