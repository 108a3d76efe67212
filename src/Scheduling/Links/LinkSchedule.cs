using E2LLM.Core.Fleets;

namespace E2LLM.Scheduling.Links;

/// <summary>
/// When a frame that is sent on a link arrives: frames leave one after the other at the link's bandwidth, and each takes the latency
/// besides. Pure: the caller brings the time.
/// </summary>
public sealed class LinkSchedule(LinkSpec link)
{
    private double _freeAtSeconds = double.NegativeInfinity;

    /// <summary>Books a frame and returns the seconds from now until its last byte has arrived.</summary>
    public double Send(double nowSeconds, long bytes)
    {
        _freeAtSeconds = Math.Max(nowSeconds, _freeAtSeconds) + bytes / link.BandwidthBytesPerSecond;
        return _freeAtSeconds + link.LatencySeconds - nowSeconds;
    }
}
