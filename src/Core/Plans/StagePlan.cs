namespace E2LLM.Core.Plans;

/// <summary>One device's share of a replica: a contiguous range of layers and what it is expected to cost.</summary>
[GenerateSerializer, Alias("E2LLM.StagePlan"), Immutable]
public sealed record StagePlan
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public required int FirstLayer { get; init; }

    [Id(2)] public required int LayerCount { get; init; }

    [Id(3)] public required long WeightBytes { get; init; }

    [Id(4)] public required long KvBytes { get; init; }

    [Id(5)] public long ScratchBytes { get; init; }

    /// <summary>Predicted compute of one decode step of one sequence.</summary>
    [Id(6)] public double DecodeSeconds { get; init; }

    /// <summary>Predicted compute of one full prefill chunk.</summary>
    [Id(7)] public double PrefillSeconds { get; init; }

    /// <summary>Predicted transfer of one decode row to the next stage; 0 on the last stage.</summary>
    [Id(8)] public double HopSeconds { get; init; }

    public int EndLayer => FirstLayer + LayerCount;

    /// <summary>What the stage adds to the pipeline's period: compute or transfer, whichever is longer.</summary>
    public double PeriodSeconds => Math.Max(DecodeSeconds, HopSeconds);
}
