namespace E2LLM.Planning.FleetFiles;

/// <summary>What a fleet file says of a link.</summary>
internal readonly record struct LinkFigures(double BandwidthBytesPerSecond, double LatencySeconds, double LossShare)
{
    public const string BandwidthRange = "at least 1 byte/s";

    public static bool IsBandwidth(double bytesPerSecond) => bytesPerSecond is >= 1 and <= 1e15;

    public static LinkFigures Read(JsonNodeReader reader) => new(
        reader.Measure("bandwidth", "bandwidthBytesPerSecond", Quantity.Bandwidth, BandwidthRange, double.PositiveInfinity, IsBandwidth),
        reader.Measure("latency", "latencySeconds", Quantity.Time, "0 to 3,600 s", 0, value => value is >= 0 and <= 3600),
        reader.Measure("loss", "lossShare", Quantity.Share, "0 to 50 %", 0, value => value is >= 0 and <= 0.5));
}
