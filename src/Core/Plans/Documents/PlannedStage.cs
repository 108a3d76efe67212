using System.Text.Json.Serialization;

namespace E2LLM.Core.Plans.Documents;

/// <summary>What one device holds of a replica; the part of a stage that every document of a plan has.</summary>
public record PlannedStage
{
    [JsonPropertyOrder(-6)] public required string Device { get; init; }

    [JsonPropertyOrder(-5)] public required int FirstLayer { get; init; }

    [JsonPropertyOrder(-4)] public required int LayerCount { get; init; }

    [JsonPropertyOrder(-3)] public long WeightBytes { get; init; }

    [JsonPropertyOrder(-2)] public long KvBytes { get; init; }

    [JsonPropertyOrder(-1)] public long ScratchBytes { get; init; }
}
