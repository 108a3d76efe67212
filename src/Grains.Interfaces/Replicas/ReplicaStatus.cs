using E2LLM.Core.Plans;

namespace E2LLM.Grains.Interfaces.Replicas;

/// <summary>A replica's load at one moment.</summary>
[GenerateSerializer, Alias("E2LLM.ReplicaStatus"), Immutable]
public sealed record ReplicaStatus
{
    [Id(0)] public required string Key { get; init; }

    [Id(1)] public ReplicaState State { get; init; }

    [Id(2)] public int QueuedRequests { get; init; }

    [Id(3)] public int RunningRequests { get; init; }

    [Id(4)] public int ReservedKvCells { get; init; }

    [Id(5)] public int KvCells { get; init; }

    [Id(6)] public int StepsInFlight { get; init; }

    [Id(7)] public long CompletedSteps { get; init; }

    [Id(8)] public long CompletedRequests { get; init; }

    [Id(9)] public long GeneratedTokens { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or written.</summary>
    [Id(10)] public long PendingTokens { get; init; }

    /// <summary>Running requests whose prompt is read and whose KV cache is being handed on.</summary>
    [Id(11)] public int HeldRequests { get; init; }

    /// <summary>Running requests whose KV cache has not arrived yet.</summary>
    [Id(12)] public int AwaitingKvRequests { get; init; }

    [Id(13)] public long HandedOffRequests { get; init; }

    /// <summary>Steps that were lost since the plan was applied, also before the replica was started anew.</summary>
    [Id(14)] public long FailedSteps { get; init; }

    /// <summary>Why it does not serve, or else why a step was lost last; empty where none was.</summary>
    [Id(15)] public string LastFailure { get; init; } = "";

    /// <summary>Rate at which it worked off tokens when requests last waited for it; 0: none has.</summary>
    [Id(16)] public double MeasuredTokensPerSecond { get; init; }

    /// <summary>KV cells that no request needs and that are kept for the prompts in them; they do not count as reserved.</summary>
    [Id(17)] public int KeptKvCells { get; init; }

    /// <summary>Requests that were to be read from the start while prefixes are reused.</summary>
    [Id(18)] public long PrefixLookups { get; init; }

    /// <summary>Those of them that shared the beginning of another prompt.</summary>
    [Id(19)] public long PrefixHits { get; init; }

    /// <summary>Tokens that were shared and not read.</summary>
    [Id(20)] public long PrefixHitTokens { get; init; }

    /// <summary>Kept prompts that were given up for slots or cells.</summary>
    [Id(21)] public long PrefixEvictions { get; init; }

    /// <summary>How often a request lost its slot because KV cells were short.</summary>
    [Id(22)] public long Preemptions { get; init; }

    /// <summary>Slots that are kept with these cells.</summary>
    [Id(23)] public int KeptPrefixes { get; init; }

    /// <summary>Requests that may run at once, now: what the plan allows, or fewer where these would be too slow.</summary>
    [Id(24)] public int RunningLimit { get; init; }

    /// <summary>Seconds between two tokens of an answer, as measured last; 0: not yet.</summary>
    [Id(25)] public double TokenSeconds { get; init; }

    /// <summary>Mean of the requests that ran then.</summary>
    [Id(26)] public double TokenSecondsRunning { get; init; }

    /// <summary>Prompt tokens whose KV caches are to come to it.</summary>
    [Id(27)] public long AwaitedKvTokens { get; init; }

    /// <summary>Whether it takes requests.</summary>
    public bool IsServing => State is ReplicaState.Serving or ReplicaState.Recovering;
}
