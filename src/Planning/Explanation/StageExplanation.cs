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

    /// <summary>Seconds that a mean request keeps the engine busy in the replica's role, shared with the others of its micro-batch.</summary>
    public required double RequestComputeSeconds { get; init; }

    /// <summary>Seconds that a mean request's hidden states keep the link to the next stage busy; 0 on the last.</summary>
    public required double RequestHopSeconds { get; init; }

    /// <summary>Seconds that a mean request's KV cache keeps the device's interface busy between replicas, at the device's best link; 0 for MIXED.</summary>
    public required double RequestKvSeconds { get; init; }

    public required long WeightBytes { get; init; }

    public required long KvBytes { get; init; }

    public required long ScratchBytes { get; init; }

    /// <summary>Memory that the plan might use on the device.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Share of the slowest stage's time for a request that this stage computes or sends; 1 is the slowest.</summary>
    public required double BusyShare { get; init; }

    /// <summary>The stage can take a request this often: the longest of compute, hop and KV transfer.</summary>
    public double RequestSeconds => Math.Max(RequestComputeSeconds, Math.Max(RequestHopSeconds, RequestKvSeconds));

    public long UsedBytes => WeightBytes + KvBytes + ScratchBytes;

    public double MemoryShare => (double)UsedBytes / MemoryBytes;
}
