namespace E2LLM.Planning.Explanation;

/// <summary>What one stage costs and how full its device is.</summary>
public sealed record StageExplanation
{
    public required string DeviceId { get; init; }

    public required int FirstLayer { get; init; }

    public required int LayerCount { get; init; }

    /// <summary>Compute of a decode step of one sequence.</summary>
    public required double DecodeSeconds { get; init; }

    /// <summary>Compute of a full prefill chunk.</summary>
    public required double PrefillSeconds { get; init; }

    /// <summary>Transfer of one decode row to the next stage; 0 on the last.</summary>
    public required double HopSeconds { get; init; }

    public required long WeightBytes { get; init; }

    public required long KvBytes { get; init; }

    public required long ScratchBytes { get; init; }

    /// <summary>Memory that the plan might use on the device.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Share of the replica's period that the stage computes or sends; 1 is the slowest stage.</summary>
    public required double BusyShare { get; init; }

    public long UsedBytes => WeightBytes + KvBytes + ScratchBytes;

    public double MemoryShare => (double)UsedBytes / MemoryBytes;
}
