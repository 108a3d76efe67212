using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Links;

namespace E2LLM.Scheduling.Tests.Links;

public sealed class LinkScheduleTests
{
    private static readonly LinkSpec Link = new() { From = "a", To = "b", BandwidthBytesPerSecond = 1000, LatencySeconds = 0.5 };

    [Fact]
    public void Send_IdleLink_TakesLatencyAndBytesOverBandwidth() =>
        Assert.Equal(0.5 + 2, new LinkSchedule(Link).Send(nowSeconds: 10, bytes: 2000), 12);

    [Fact]
    public void Send_WhileAFrameLeaves_WaitsForItButNotForItsLatency()
    {
        var schedule = new LinkSchedule(Link);
        schedule.Send(nowSeconds: 10, bytes: 2000);

        // The first frame occupies the link until 12; the second leaves from 12 to 13 and arrives at 13.5.
        Assert.Equal(13.5 - 11, schedule.Send(nowSeconds: 11, bytes: 1000), 12);
    }

    [Fact]
    public void Send_AfterTheLinkIsIdleAgain_OwesNothing()
    {
        var schedule = new LinkSchedule(Link);
        schedule.Send(nowSeconds: 10, bytes: 2000);

        Assert.Equal(0.5 + 1, schedule.Send(nowSeconds: 100, bytes: 1000), 12);
    }

    [Fact]
    public void Send_UnlimitedBandwidth_TakesTheLatency() =>
        Assert.Equal(0.25, new LinkSchedule(Link with { BandwidthBytesPerSecond = double.PositiveInfinity, LatencySeconds = 0.25 })
            .Send(nowSeconds: 0, bytes: long.MaxValue), 12);
}
