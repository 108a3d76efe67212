using E2LLM.Core.Fleets;
using E2LLM.Planning.FleetFiles;

namespace E2LLM.Planning.Tests.FleetFiles;

public sealed class FleetLinksTests
{
    [Fact]
    public void WithBandwidth_NamedAndOtherLinks_AreAsFastAndKeepTheirDelays()
    {
        var fleet = new FleetSpec
        {
            Name = "three",
            Devices = [.. "abc".Select(id => new DeviceSpec { Id = $"{id}", MemoryBytes = 1 })],
            DefaultBandwidthBytesPerSecond = 1e9,
            DefaultLatencySeconds = 1e-3,
            Links = [new LinkSpec { From = "a", To = "b", BandwidthBytesPerSecond = 5, LatencySeconds = 2e-3 }],
        };

        var slow = FleetLinks.WithBandwidth(fleet, "30 MB/s", "--bandwidth");

        Assert.Equal((30e6, 2e-3), (slow.Link("a", "b").BandwidthBytesPerSecond, slow.Link("a", "b").LatencySeconds));
        Assert.Equal((30e6, 1e-3), (slow.Link("b", "a").BandwidthBytesPerSecond, slow.Link("b", "a").LatencySeconds));
        Assert.Equal(fleet.Devices, slow.Devices);
    }
}
