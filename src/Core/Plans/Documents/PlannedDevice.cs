using System.Text.Json.Serialization;

namespace E2LLM.Core.Plans.Documents;

/// <summary>One device of the fleet that was planned.</summary>
public record PlannedDevice
{
    [JsonPropertyOrder(-5)] public required string Id { get; init; }

    [JsonPropertyOrder(-4)] public required string Description { get; init; }

    [JsonPropertyOrder(-3)] public required long MemoryBytes { get; init; }

    [JsonPropertyOrder(-2)] public required int Threads { get; init; }

    [JsonPropertyOrder(-1)] public required double SlowdownFactor { get; init; }

    /// <summary>Not written where it is not trusted.</summary>
    [JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool Trusted { get; init; }
}
