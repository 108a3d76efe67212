using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;

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

    /// <summary>Prompt tokens whose KV caches are to come to it.</summary>
    public long AwaitedKvTokens { get; init; }

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

    /// <summary>Of a replica whose scheduler is at hand, so that a replica that serves and one that is simulated say the same of themselves.</summary>
    /// <param name="state">Where it stands.</param>
    /// <param name="counters">Of its scheduler; null where it has none.</param>
    /// <param name="measuredTokensPerSecond">See <see cref="MeasuredTokensPerSecond"/>.</param>
    /// <param name="lastFailure">See <see cref="LastFailure"/>.</param>
    public static ReplicaSnapshot Of(ReplicaState state, SchedulerCounters? counters, double measuredTokensPerSecond, string lastFailure = "")
    {
        var snapshot = new ReplicaSnapshot { State = state, MeasuredTokensPerSecond = measuredTokensPerSecond, LastFailure = lastFailure };
        return counters is null ? snapshot : snapshot with
        {
            QueuedRequests = counters.QueuedRequests,
            RunningRequests = counters.RunningRequests,
            ReservedKvCells = counters.ReservedKvCells,
            PendingTokens = counters.PendingTokens,
            AwaitedKvTokens = counters.AwaitedKvTokens,
            RunningLimit = counters.RunningLimit,
            TokenSeconds = counters.TokenSeconds,
            TokenSecondsRunning = counters.TokenSecondsRunning,
        };
    }
}
