using E2LLM.Scheduling.Admission;

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
    /// <remarks><see cref="WaitEstimate.ForRoomSeconds"/>, with everybody ahead.</remarks>
    public double EstimatedWaitSeconds(RouteRequest request)
    {
        if (request.Tokens > KvCells)
            return double.PositiveInfinity;
        var hasRoom = RunningRequests < MaxSequences && request.Tokens <= KvCells - ReservedKvCells;
        return WaitEstimate.ForRoomSeconds(hasRoom, QueuedRequests, RunningRequests, PendingTokens, TokensPerSecond);
    }
}
