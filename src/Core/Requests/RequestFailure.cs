namespace E2LLM.Core.Requests;

/// <summary>An expected failure of one request: who failed, when, and whether the same request may succeed elsewhere or later.</summary>
[GenerateSerializer, Alias("E2LLM.RequestFailure"), Immutable]
public sealed record RequestFailure
{
    [Id(0)] public required FailedParty Party { get; init; }

    [Id(1)] public required RequestPhase Phase { get; init; }

    /// <summary>For people: what failed, on what, what to change.</summary>
    [Id(2)] public required string Message { get; init; }

    /// <summary>Empty where no device is to blame.</summary>
    [Id(3)] public string DeviceId { get; init; } = "";

    [Id(4)] public bool MayRetry { get; init; }

    /// <summary>Estimate of the seconds after which there is room; null where nobody can tell.</summary>
    [Id(5)] public double? RetryAfterSeconds { get; init; }

    /// <summary>Of an answer that is cut short because its server stops.</summary>
    /// <param name="phase">How far it had come.</param>
    public static RequestFailure ServerStopping(RequestPhase phase) => new()
    {
        Party = FailedParty.Link,
        Phase = phase,
        Message = "The server is stopping and could not wait for the end of this answer.",
        MayRetry = true,
    };
}
