using System.Text.Json.Serialization;

namespace E2LLM.Core.Plans.Documents;

/// <summary>One replica; the part that every document of a plan has.</summary>
public record PlannedReplica<TStage>
    where TStage : PlannedStage
{
    [JsonPropertyOrder(-4)] public required string Id { get; init; }

    /// <summary>"prefill", "decoder" or "mixed": <see cref="PlanJson.NameOf"/>.</summary>
    [JsonPropertyOrder(-3)] public required string Role { get; init; }

    /// <summary>Answers that it is planned to write at once; 0: it writes none.</summary>
    [JsonPropertyOrder(-2)] public int DecodeConcurrency { get; init; }

    [JsonPropertyOrder(-1)] public int MicroBatches { get; init; }

    /// <summary>In the order of their layers.</summary>
    [JsonPropertyOrder(1)] public required IReadOnlyList<TStage> Stages { get; init; }
}
