namespace E2LLM.Scheduling.Routing;

/// <summary>What a router knows of a replica. May be a little stale.</summary>
public sealed record ReplicaLoad
{
    /// <summary>The replica's name, for whoever asks for the choice.</summary>
    public required string ReplicaId { get; init; }

    public required int QueuedRequests { get; init; }

    public required int RunningRequests { get; init; }

    /// <summary>Slots.</summary>
    public required int MaxSequences { get; init; }

    public required int ReservedKvCells { get; init; }

    public required int KvCells { get; init; }

    /// <summary>Tokens of queued and running requests that have still to be read or may still be written.</summary>
    public required long PendingTokens { get; init; }

    /// <summary>Rate at which the replica works off its pending tokens, measured or predicted by the plan. Above 0.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Estimate of the time that a new request would spend in the queue.</summary>
    /// <remarks>
    /// 0 where it could start at once. Otherwise the time to work off all that is pending, times the share of the requests ahead that
    /// have to end first: with q queued and r running, equally long ones, that is (q + 1) / (q + r). Pending answers count with their
    /// limits, so the figure is an upper estimate; it ranks replicas, it is not a promise.
    /// </remarks>
    public double EstimatedWaitSeconds(RouteRequest request)
    {
        if (QueuedRequests == 0 && RunningRequests < MaxSequences && request.Tokens <= KvCells - ReservedKvCells)
            return 0;
        if (request.Tokens > KvCells)
            return double.PositiveInfinity;
        var share = Math.Min(1, (QueuedRequests + 1.0) / Math.Max(1, QueuedRequests + RunningRequests));
        return PendingTokens / TokensPerSecond * share;
    }
}
