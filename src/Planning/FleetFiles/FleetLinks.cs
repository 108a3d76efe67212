using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;

namespace E2LLM.Planning.FleetFiles;

/// <summary>A fleet over another network.</summary>
public static class FleetLinks
{
    /// <summary>The same fleet, every link between two devices as fast as this; delays stay.</summary>
    /// <param name="fleet">Of a file or a preset.</param>
    /// <param name="bandwidth">As a fleet file has it: "30 MB/s", "2.5 Gbit/s".</param>
    /// <param name="knob">What it was given as, for messages.</param>
    /// <exception cref="ConfigurationException">It is no bandwidth.</exception>
    public static FleetSpec WithBandwidth(FleetSpec fleet, string bandwidth, string knob)
    {
        if (!Quantity.Bandwidth.TryParse(bandwidth, out var bytesPerSecond) || !LinkFigures.IsBandwidth(bytesPerSecond))
            throw new ConfigurationException($"{knob} is '{bandwidth}', must be {Quantity.Bandwidth.Expected}, {LinkFigures.BandwidthRange}.");
        return fleet with
        {
            DefaultBandwidthBytesPerSecond = bytesPerSecond,
            Links = [.. fleet.Links.Select(link => link with { BandwidthBytesPerSecond = bytesPerSecond })],
        };
    }
}
