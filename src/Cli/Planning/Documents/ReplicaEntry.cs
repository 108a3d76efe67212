using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>One replica of a plan, with what limits it.</summary>
internal sealed record ReplicaEntry
{
    public required string Id { get; init; }

    /// <summary>"PREFILL", "DECODER" or "MIXED".</summary>
    public required string Role { get; init; }

    public required double? RequestsPerSecond { get; init; }

    public required double? PrefillLatencySeconds { get; init; }

    public required double? TokenSeconds { get; init; }

    public required int DecodeConcurrency { get; init; }

    public required int MicroBatches { get; init; }

    /// <summary>What limits the replica, in a sentence.</summary>
    public required string Limit { get; init; }

    public required IReadOnlyList<StageEntry> Stages { get; init; }

    public static ReplicaEntry Of(ReplicaPlan replica, ReplicaExplanation explanation) => new()
    {
        Id = replica.Id,
        Role = RoleNames.Of(replica.Role),
        RequestsPerSecond = PlanDocument.Finite(replica.RequestsPerSecond),
        PrefillLatencySeconds = PlanDocument.Finite(replica.PrefillLatencySeconds),
        TokenSeconds = PlanDocument.Finite(replica.TokenSeconds),
        DecodeConcurrency = replica.DecodeConcurrency,
        MicroBatches = replica.MicroBatches,
        Limit = explanation.Limit,
        Stages = [.. replica.Stages.Zip(explanation.Stages, StageEntry.Of)],
    };
}

/// <summary>One device's part of a replica. Times are those of one mean request.</summary>
internal sealed record StageEntry
{
    public required string Device { get; init; }

    public required int FirstLayer { get; init; }

    public required int Layers { get; init; }

    /// <summary>Weights, KV cache and scratch.</summary>
    public required long Bytes { get; init; }

    public required long WeightBytes { get; init; }

    public required long KvBytes { get; init; }

    public required long ScratchBytes { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>Of a mean request in the replica's role.</summary>
    public required double? ComputeSeconds { get; init; }

    public required double? HopSeconds { get; init; }

    public required double? KvTransferSeconds { get; init; }

    public static StageEntry Of(StagePlan stage, StageExplanation explanation) => new()
    {
        Device = stage.DeviceId,
        FirstLayer = stage.FirstLayer,
        Layers = stage.LayerCount,
        Bytes = explanation.UsedBytes,
        WeightBytes = stage.WeightBytes,
        KvBytes = stage.KvBytes,
        ScratchBytes = stage.ScratchBytes,
        MemoryBytes = explanation.MemoryBytes,
        ComputeSeconds = PlanDocument.Finite(explanation.RequestComputeSeconds),
        HopSeconds = PlanDocument.Finite(explanation.RequestHopSeconds),
        KvTransferSeconds = PlanDocument.Finite(explanation.RequestKvSeconds),
    };
}
