using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>One replica of a plan, with what limits it.</summary>
internal sealed record ReplicaEntry : PlannedReplica<StageEntry>
{
    public required int MaxSequences { get; init; }

    public required int KvCells { get; init; }

    public required string KvType { get; init; }

    public required double? RequestsPerSecond { get; init; }

    public required double? PrefillLatencySeconds { get; init; }

    public required double? TokenSeconds { get; init; }

    /// <summary>What limits the replica, in a sentence.</summary>
    public required string Limit { get; init; }

    public static ReplicaEntry Of(ReplicaPlan replica, ReplicaExplanation explanation) => new()
    {
        Id = replica.Id,
        Role = PlanJson.NameOf(replica.Role),
        MaxSequences = replica.Engine.MaxSequences,
        KvCells = replica.Engine.KvCells,
        KvType = PlanJson.NameOf(replica.Engine.KvType),
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
internal sealed record StageEntry : PlannedStage
{
    /// <summary>Weights, KV cache and scratch.</summary>
    public required long Bytes { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>Of a mean request in the replica's role.</summary>
    public required double? ComputeSeconds { get; init; }

    public required double? HopSeconds { get; init; }

    public required double? KvTransferSeconds { get; init; }

    public static StageEntry Of(StagePlan stage, StageExplanation explanation) => new()
    {
        Device = stage.DeviceId,
        FirstLayer = stage.FirstLayer,
        LayerCount = stage.LayerCount,
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
