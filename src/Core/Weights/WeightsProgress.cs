namespace E2LLM.Core.Weights;

/// <summary>How much of a model's weights a machine has, and what is on its way.</summary>
[GenerateSerializer, Alias("E2LLM.WeightsProgress"), Immutable]
public sealed record WeightsProgress
{
    /// <summary>Bytes that are there, each checked when it came.</summary>
    [Id(0)] public long HeldBytes { get; init; }

    /// <summary>Of all the model's files.</summary>
    [Id(1)] public long ModelBytes { get; init; }

    /// <summary>What is being fetched: "layers 4 to 7"; empty: nothing.</summary>
    [Id(2)] public string Fetching { get; init; } = "";

    /// <summary>Bytes that have come of what is being fetched.</summary>
    [Id(3)] public long FetchedBytes { get; init; }

    /// <summary>Bytes that are being fetched.</summary>
    [Id(4)] public long WantedBytes { get; init; }

    /// <summary>Since the fetching began.</summary>
    [Id(5)] public double BytesPerSecond { get; init; }
}
