namespace E2LLM.Core.Plans.Documents;

/// <summary>A replica and its load at one moment.</summary>
public sealed record ServedReplica : PlannedReplica<ServedStage>
{
    public required double PeriodSeconds { get; init; }

    public required int MaxSequences { get; init; }

    public required int MaxSequenceTokens { get; init; }

    public required bool Serving { get; init; }

    public required long FailedSteps { get; init; }

    /// <summary>Why it does not serve, or else why a step was lost last; empty where none was.</summary>
    public required string LastFailure { get; init; }

    public required int QueuedRequests { get; init; }

    public required int RunningRequests { get; init; }

    public required long GeneratedTokens { get; init; }

    public required ServedKv Kv { get; init; }
}
