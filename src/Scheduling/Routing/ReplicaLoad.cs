using E2LLM.Core.Plans;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Routing;

/// <summary>What a router knows of a replica. May be a little stale.</summary>
public sealed record ReplicaLoad
{
    public ReplicaRole Role { get; init; } = ReplicaRole.Mixed;

    /// <summary>Whether a PREFILL or DECODER replica has work of the other role now.</summary>
    public bool IsLent { get; init; }

    public required int QueuedRequests { get; init; }

    public required int RunningRequests { get; init; }

    /// <summary>Requests that may run at once.</summary>
    public required int MaxSequences { get; init; }

    public required int ReservedKvCells { get; init; }

    public required int KvCells { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or may still be written.</summary>
    public required long PendingTokens { get; init; }

    /// <summary>Prompt tokens whose KV caches are to come to it: they share its interfaces.</summary>
    public long AwaitedKvTokens { get; init; }

    /// <summary>Rate at which the replica works off its pending tokens, measured or predicted by the plan. Above 0.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Rate at which it reads prompts when nothing else runs; 0: not known, <see cref="TokensPerSecond"/> counts.</summary>
    public double PrefillTokensPerSecond { get; init; }

    /// <summary>Seconds between two tokens of an answer that is alone; 0: not known, <see cref="TokensPerSecond"/> counts.</summary>
    public double AloneTokenSeconds { get; init; }

    /// <summary>Seconds between two tokens of an answer where every slot is taken; 0: as alone.</summary>
    public double FullTokenSeconds { get; init; }

    internal double ReadTokensPerSecond => PrefillTokensPerSecond > 0 ? PrefillTokensPerSecond : TokensPerSecond;

    /// <summary>With a request that is on its way: running where it could start at once, queued otherwise.</summary>
    public ReplicaLoad Plus(RoutedPart part)
    {
        var hasRoom = QueuedRequests == 0 && RunningRequests < MaxSequences && part.KvCells <= KvCells - ReservedKvCells;
        return this with
        {
            QueuedRequests = QueuedRequests + (hasRoom ? 0 : 1),
            RunningRequests = RunningRequests + (hasRoom ? 1 : 0),
            ReservedKvCells = ReservedKvCells + (hasRoom ? part.KvCells : 0),
            PendingTokens = PendingTokens + part.PendingTokens,
            AwaitedKvTokens = AwaitedKvTokens + part.AwaitedKvTokens,
        };
    }

    /// <summary>Estimate of the seconds between two tokens of an answer that is written beside so many others.</summary>
    internal double TokenSecondsBeside(int others)
    {
        var full = Math.Max(AloneTokenSeconds, FullTokenSeconds);
        if (full <= 0)
            return (others + 1) / TokensPerSecond;
        return AloneTokenSeconds + (full - AloneTokenSeconds) * Math.Min(1.0, (double)others / Math.Max(1, MaxSequences - 1));
    }

    /// <summary>Estimate of the time that a new request, or the part of it that is this role's, would spend in the queue.</summary>
    /// <remarks>
    /// A PREFILL replica reads prompts one after the other (<see cref="WaitEstimate.InTurnSeconds"/>), the others wait for room
    /// (<see cref="WaitEstimate.ForRoomSeconds"/>); everybody who waits counts as ahead. Infinite where it can never hold the request.
    /// </remarks>
    public double EstimatedWaitSeconds(RouteRequest request)
    {
        if (Role == ReplicaRole.Prefill)
            return request.PromptTokens < KvCells ? WaitEstimate.InTurnSeconds(PendingTokens, TokensPerSecond) : double.PositiveInfinity;
        if (request.Tokens > KvCells)
            return double.PositiveInfinity;
        var hasRoom = RunningRequests < MaxSequences && request.Tokens <= KvCells - ReservedKvCells;
        return WaitEstimate.ForRoomSeconds(hasRoom, QueuedRequests, RunningRequests, PendingTokens, TokensPerSecond);
    }
}
