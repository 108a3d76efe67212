using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>What a replica said of itself at one moment, as far as routing and health need it.</summary>
public sealed record ReplicaSnapshot
{
    public required ReplicaState State { get; init; }

    public int QueuedRequests { get; init; }

    public int RunningRequests { get; init; }

    public int ReservedKvCells { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or may still be written.</summary>
    public long PendingTokens { get; init; }

    /// <summary>Rate at which it worked off tokens when requests last waited for it; 0: none has.</summary>
    public double MeasuredTokensPerSecond { get; init; }

    /// <summary>Requests that may run at once; 0: what the plan allows.</summary>
    public int RunningLimit { get; init; }

    /// <summary>Seconds between two tokens of an answer, as measured last; 0: not yet.</summary>
    public double TokenSeconds { get; init; }

    /// <summary>Mean of the requests that ran then.</summary>
    public double TokenSecondsRunning { get; init; }

    /// <summary>Why it does not serve; empty otherwise.</summary>
    public string LastFailure { get; init; } = "";

    /// <summary>Whether it takes requests.</summary>
    public bool IsServing => State is ReplicaState.Serving or ReplicaState.Recovering;
}
