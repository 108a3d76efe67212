namespace E2LLM.Core.Plans.Documents;

/// <summary>A device without a part in the plan, and why.</summary>
public sealed record LeftOutDevice(string Device, string Reason);
