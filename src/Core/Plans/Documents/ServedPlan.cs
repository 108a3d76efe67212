namespace E2LLM.Core.Plans.Documents;

/// <summary>The plan of a model and what runs of it. Parts that do not exist yet are null or empty.</summary>
public sealed record ServedPlan
{
    public required string Model { get; init; }

    /// <summary>How far it has come: "ready", "failed", …</summary>
    public required string Phase { get; init; }

    public required bool Ready { get; init; }

    /// <summary>Why the last attempt failed; empty otherwise.</summary>
    public required string Error { get; init; }

    public required string? Planner { get; init; }

    public required long Generation { get; init; }

    public required string? Fleet { get; init; }

    public required IReadOnlyList<ServedDevice> Devices { get; init; }

    public required IReadOnlyList<ServedReplica> Replicas { get; init; }

    public required IReadOnlyList<LeftOutDevice> Unused { get; init; }
}
