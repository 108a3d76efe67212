using E2LLM.Cli.Namespaces;
using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Tests.Namespaces;

public sealed class LinkWireTests
{
    private static readonly LinkSpec Link = new() { From = "a", To = "b", BandwidthBytesPerSecond = 1e6, LatencySeconds = 0.5 };

    [Fact]
    public void Send_IdleLink_TakesItsBytesAndTheDelay() =>
        Assert.Equal(10 + 0.001 + 0.5, new LinkWire(Link, seed: 1).Send(10, 1000)!.Value, 9);

    [Fact]
    public void Send_WhileAnotherLeaves_WaitsForItsBytesAndNotForItsDelay()
    {
        var wire = new LinkWire(Link, seed: 1);
        wire.Send(10, 1000);

        Assert.Equal(10 + 0.002 + 0.5, wire.Send(10.0005, 1000)!.Value, 9);
    }

    [Fact]
    public void Send_MoreThanTheQueueHolds_IsDroppedUntilThereIsRoom()
    {
        var wire = new LinkWire(Link, seed: 1);

        var arrivals = Enumerable.Range(0, 200).Select(_ => wire.Send(10, 1000)).ToArray();

        // 64 KiB at 1 MB/s are more than 50 ms: so much waits, and the one that is leaving.
        Assert.Equal(66, arrivals.TakeWhile(arrival => arrival is not null).Count());
        Assert.Equal(66, arrivals.Count(arrival => arrival is not null));
        Assert.NotNull(wire.Send(10.001, 1000));
    }

    [Fact]
    public void Send_LosslessForever_KeepsTheRate()
    {
        var wire = new LinkWire(Link with { BandwidthBytesPerSecond = 30e6, LatencySeconds = 0.005 }, seed: 1);

        double now = 0, arrival = 0;
        for (var sent = 0; sent < 100_000; sent++, now += 1514 / 60e6) // twice what it can take
            arrival = wire.Send(now, 1514) ?? arrival;

        Assert.Equal(now, arrival - 0.005 - 0.05, 0.001);
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(0.2)]
    public void Send_OverALossyLink_LosesItsShareAndTheSameOnesAgain(double loss)
    {
        const int Frames = 100_000;
        var link = Link with { BandwidthBytesPerSecond = double.PositiveInfinity, LossShare = loss };

        bool[] Lost(int seed)
        {
            var wire = new LinkWire(link, seed);
            return [.. Enumerable.Range(0, Frames).Select(frame => wire.Send(frame, 1000) is null)];
        }

        // Six standard deviations.
        Assert.Equal(loss, Lost(seed: 1).Count(lost => lost) / (double)Frames, 6 * Math.Sqrt(loss * (1 - loss) / Frames));
        Assert.Equal(Lost(seed: 1), Lost(seed: 1));
        Assert.NotEqual(Lost(seed: 1), Lost(seed: 2));
    }

    [Fact]
    public void Send_UnlimitedLink_TakesTheDelayAlone()
    {
        var wire = new LinkWire(Link with { BandwidthBytesPerSecond = double.PositiveInfinity }, seed: 1);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(10.5, wire.Send(10, 1500)));
    }
}
