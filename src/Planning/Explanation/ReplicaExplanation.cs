using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Explanation;

/// <summary>What one replica does and what limits it.</summary>
public sealed record ReplicaExplanation
{
    public required string Id { get; init; }

    public required ReplicaRole Role { get; init; }

    /// <summary>Time of the slowest stage in a decode step of one sequence.</summary>
    public required double PeriodSeconds { get; init; }

    /// <summary>Highest rate in its role; 0 where the planner predicted none.</summary>
    public required double RequestsPerSecond { get; init; }

    public required double PrefillLatencySeconds { get; init; }

    /// <summary>Between two tokens of a sequence at full concurrency.</summary>
    public required double TokenSeconds { get; init; }

    public required int DecodeConcurrency { get; init; }

    public required ImmutableArray<StageExplanation> Stages { get; init; }

    /// <summary>Seconds between two requests if only the decode slots counted; 0 for PREFILL.</summary>
    public required double SlotSeconds { get; init; }

    /// <summary>A sentence on what limits the replica: its decode slots, or the slowest stage's compute, link or KV transfer.</summary>
    public required string Limit { get; init; }
}
