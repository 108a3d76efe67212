using E2LLM.Core.Fleets;

namespace E2LLM.Core.Tests.Fleets;

public sealed class FleetSpecTests
{
    private static readonly FleetSpec Fleet = new()
    {
        Name = "test",
        Devices = [new DeviceSpec { Id = "a", MemoryBytes = 1 }, new DeviceSpec { Id = "b", MemoryBytes = 2 }],
        Links = [new LinkSpec { From = "a", To = "b", BandwidthBytesPerSecond = 100, LatencySeconds = 0.5 }],
        DefaultBandwidthBytesPerSecond = 1000,
        DefaultLatencySeconds = 0.25,
    };

    [Fact]
    public void Link_Named_IsTakenForItsDirectionOnly()
    {
        Assert.Equal(1.5, Fleet.Link("a", "b").TransferSeconds(100));
        Assert.Equal(0.35, Fleet.Link("b", "a").TransferSeconds(100), precision: 12);
    }

    [Fact]
    public void Link_OfACopyWithOtherLinks_IsTheCopysOwn()
    {
        Assert.Equal(0.5, Fleet.Link("a", "b").LatencySeconds);

        Assert.Equal(0.75, (Fleet with { Links = [Fleet.Links[0] with { LatencySeconds = 0.75 }] }).Link("a", "b").LatencySeconds);
        Assert.Equal(0.25, (Fleet with { Links = [] }).Link("a", "b").LatencySeconds);
        Assert.Equal(0.125, (Fleet with { Links = [], DefaultLatencySeconds = 0.125 }).Link("a", "b").LatencySeconds);
    }

    [Fact]
    public void Link_WithinADevice_CostsNothing() => Assert.Equal(0, Fleet.Link("a", "a").TransferSeconds(1 << 30));

    [Fact]
    public void Link_NothingSaid_HasNoDelayAndNoLimit() =>
        Assert.Equal(0, new FleetSpec { Name = "bare", Devices = [] }.Link("a", "b").TransferSeconds(1 << 30));

    [Fact]
    public void Find_ById_GivesTheDeviceOrNull()
    {
        Assert.Equal(2, Fleet.Find("b")?.MemoryBytes);
        Assert.Null(Fleet.Find("c"));
    }
}
