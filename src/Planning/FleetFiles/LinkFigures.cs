namespace E2LLM.Planning.FleetFiles;

/// <summary>Bandwidth and latency of a link in a fleet file.</summary>
internal static class LinkFigures
{
    public static (double BandwidthBytesPerSecond, double LatencySeconds) Read(JsonNodeReader reader) => (
        reader.Measure(
            "bandwidth", "bandwidthBytesPerSecond", Quantity.Bandwidth, "at least 1 byte/s", double.PositiveInfinity, value => value is >= 1 and <= 1e15),
        reader.Measure("latency", "latencySeconds", Quantity.Time, "0 to 3,600 s", 0, value => value is >= 0 and <= 3600));
}
