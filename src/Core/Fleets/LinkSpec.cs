namespace E2LLM.Core.Fleets;

/// <summary>A directed network link between two devices.</summary>
[GenerateSerializer, Alias("E2LLM.LinkSpec"), Immutable]
public sealed record LinkSpec
{
    [Id(0)] public required string From { get; init; }

    [Id(1)] public required string To { get; init; }

    /// <summary>Bytes per second; positive infinity means that only the latency counts.</summary>
    [Id(2)] public required double BandwidthBytesPerSecond { get; init; }

    /// <summary>One-way delay of the first byte, in seconds.</summary>
    [Id(3)] public required double LatencySeconds { get; init; }

    /// <summary>Whether a network lies there that takes its own time: the figures are for planners then. Else the link is emulated: frames are held back.</summary>
    [Id(4)] public bool IsReal { get; init; }

    /// <summary>Share of the frames that the link loses, 0 to 1. Only what stands for the network itself heeds it: a link that is emulated loses nothing.</summary>
    [Id(5)] public double LossShare { get; init; }

    /// <summary>Seconds until the last of <paramref name="bytes"/> has arrived.</summary>
    public double TransferSeconds(long bytes) => LatencySeconds + bytes / BandwidthBytesPerSecond;
}
