using E2LLM.Core.Errors;
using E2LLM.DataPlane.Tests.Fixtures;

namespace E2LLM.DataPlane.Tests.Receiving;

public sealed class KvDataPortOptionsTests
{
    [Fact]
    public async Task Start_NoOptions_ListensOnLoopbackOnAFreePort()
    {
        await using var receiver = new Receiver();

        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec));

        Assert.Equal("127.0.0.1", destination.Host);
        Assert.InRange(destination.Port, 1, 65_535);
        Assert.Equal(32, destination.Token.Distinct().Count() > 16 ? destination.Token.Length : 0);
        Assert.DoesNotContain(Convert.ToHexString(destination.Token.AsSpan()), destination.ToString());
    }

    [Fact]
    public void Start_AddressThatOthersReachWithoutTls_IsRefused()
    {
        var error = Assert.Throws<ConfigurationException>(() =>
            KvDataPort.Start(new KvDataPortOptions { Address = "0.0.0.0", AdvertisedHost = "pi-1" }, TimeProvider.System));

        Assert.Contains("AllowPlaintext", error.Message);
    }

    [Fact]
    public async Task Start_AddressThatOthersReachAllowed_AdvertisesTheGivenHost()
    {
        await using var port = KvDataPort.Start(
            new KvDataPortOptions { Address = "0.0.0.0", AdvertisedHost = "pi-1", AllowPlaintext = true }, TimeProvider.System);

        Assert.Equal("pi-1", port.DestinationOf(port.Inbox.Expect(Cache.Small.Spec)).Host);
    }

    [Fact]
    public async Task Start_PortInUse_NamesThePort()
    {
        await using var first = new Receiver();

        var error = Assert.Throws<ConfigurationException>(() =>
            KvDataPort.Start(new KvDataPortOptions { Port = first.Port.Port }, TimeProvider.System));

        Assert.Contains($"127.0.0.1:{first.Port.Port}", error.Message);
    }

    [Fact]
    public void Start_SeveralValuesOutOfRange_NamesThemAll()
    {
        var options = new KvDataPortOptions { Address = "home", Port = -1, MaxConnections = 0, HandshakeSeconds = double.NaN };

        var error = Assert.Throws<ConfigurationException>(() => KvDataPort.Start(options, TimeProvider.System));

        Assert.All(
            ["Address is 'home'", "Port is -1", "MaxConnections is 0", "HandshakeSeconds is NaN"], part => Assert.Contains(part, error.Message));
    }

    [Fact]
    public async Task OpenAsync_SeveralValuesOutOfRange_NamesThemAll()
    {
        await using var receiver = new Receiver();
        var options = new KvSenderOptions { Sockets = 9, StallSeconds = 0, MaxReconnects = -1 };

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => KvSender.OpenAsync(
            receiver.DestinationOf(receiver.Expect(Cache.Small.Spec)), options, TimeProvider.System, CancellationToken.None));

        Assert.All(["Sockets is 9", "StallSeconds is 0", "MaxReconnects is -1"], part => Assert.Contains(part, error.Message));
    }

    [Fact]
    public async Task Expect_BoundsThatMakeNoSense_Throws()
    {
        await using var receiver = new Receiver();

        Assert.All(
            [
                Cache.Small.Spec with { LayerCount = 0 },
                Cache.Small.Spec with { FirstLayer = -1 },
                Cache.Small.Spec with { FirstLayer = 1, LayerCount = int.MaxValue },
                Cache.Small.Spec with { MaxPositions = 0 },
                Cache.Small.Spec with { MaxKRowBytes = -1 },
                Cache.Small.Spec with { MaxTotalBytes = -1 },
                Cache.Small.Spec with { LeaseSeconds = 0 },
                Cache.Small.Spec with { LeaseSeconds = double.NaN },
            ],
            spec => Assert.Throws<ArgumentOutOfRangeException>(() => receiver.Expect(spec)));
    }
}
