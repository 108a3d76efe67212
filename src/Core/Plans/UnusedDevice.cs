namespace E2LLM.Core.Plans;

/// <summary>A device that the plan leaves out, and why.</summary>
[GenerateSerializer, Alias("E2LLM.UnusedDevice"), Immutable]
public sealed record UnusedDevice([property: Id(0)] string DeviceId, [property: Id(1)] string Reason);
