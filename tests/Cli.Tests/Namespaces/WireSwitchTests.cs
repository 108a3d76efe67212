using E2LLM.Cli.Namespaces;
using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Tests.Namespaces;

public sealed class WireSwitchTests
{
    private const byte Marker = 14;

    /// <summary>A frame of 100 bytes from port to port takes 1 s for each that it is away, and nothing else.</summary>
    private readonly WireSwitch _switch = new(Links(ports: 3, (from, to) => Math.Abs(from - to)));

    [Fact]
    public void Take_FrameForAPort_ComesOutThereAfterTheLinksDelay()
    {
        _switch.Take(0, Frame(WireSwitch.AddressOf(2), 7), nowSeconds: 10);

        Assert.Empty(Delivered(11.9));
        Assert.Equal(12, _switch.NextSeconds);
        Assert.Equal([(2, (byte)7)], Delivered(12));
        Assert.Null(_switch.NextSeconds);
    }

    [Fact]
    public void Take_FrameForEverybody_ComesOutOfAllOtherPorts()
    {
        _switch.Take(1, Frame([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 7), nowSeconds: 10);

        Assert.Equal([(0, (byte)7), (2, (byte)7)], Delivered(11));
    }

    [Fact]
    public void Take_FramesOverUnlikeLinks_OvertakeEachOtherButNotOnOneLink()
    {
        _switch.Take(0, Frame(WireSwitch.AddressOf(2), 1), nowSeconds: 10);
        _switch.Take(0, Frame(WireSwitch.AddressOf(2), 2), nowSeconds: 10);
        _switch.Take(1, Frame(WireSwitch.AddressOf(2), 3), nowSeconds: 10.5);

        Assert.Equal([(2, (byte)3), (2, (byte)1), (2, (byte)2)], Delivered(20));
    }

    [Theory]
    [InlineData(new byte[] { 0x02, 0xE2, 0, 0, 0, 0 })] // to its own port
    [InlineData(new byte[] { 0x02, 0xE2, 0, 0, 0, 3 })] // to a port that there is not
    [InlineData(new byte[] { 0x52, 0x54, 0, 0, 0, 1 })] // to somebody else
    public void Take_FrameForNobodyHere_IsDropped(byte[] address)
    {
        _switch.Take(0, Frame(address, 7), nowSeconds: 10);

        Assert.Empty(Delivered(100));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(WireSwitch.MaxFrameBytes + 1)]
    public void Take_FrameOfNoSuchLength_IsDropped(int bytes)
    {
        var frame = new byte[bytes];
        WireSwitch.AddressOf(1).AsSpan(0, Math.Min(bytes, 6)).CopyTo(frame);
        _switch.Take(0, frame, nowSeconds: 10);

        Assert.Empty(Delivered(100));
    }

    private static LinkWire[,] Links(int ports, Func<int, int, double> delaySeconds)
    {
        var links = new LinkWire[ports, ports];
        for (var from = 0; from < ports; from++)
            for (var to = 0; to < ports; to++)
                links[from, to] = new LinkWire(
                    new LinkSpec { From = "", To = "", BandwidthBytesPerSecond = double.PositiveInfinity, LatencySeconds = delaySeconds(from, to) }, seed: 1);
        return links;
    }

    private static byte[] Frame(byte[] to, byte marker)
    {
        var frame = new byte[100];
        to.CopyTo(frame, 0);
        frame[Marker] = marker;
        return frame;
    }

    private List<(int Port, byte Marker)> Delivered(double nowSeconds)
    {
        List<(int, byte)> delivered = [];
        while (_switch.TryDeliver(nowSeconds, (port, frame, bytes) =>
        {
            Assert.Equal(100, bytes);
            delivered.Add((port, frame[Marker]));
        }))
        {
        }
        return delivered;
    }
}
