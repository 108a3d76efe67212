using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Transfers;

public sealed class BadNetworkTests
{
    private const int BlockBytes = WireFormat.RequestBytes + 50 * (96 + 64) + WireFormat.ChecksumBytes;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Connections_ResetAtRandomBytes_TransferArrivesExactly(int seed)
    {
        var cache = Cache.Small with { Layers = 20 };
        await using var receiver = new Receiver();
        await using var proxy = new FaultProxy(receiver.Port.Port, connection => connection >= 40 ? Faults.None
            : new Faults { ResetAt = new Random(seed * 1000 + connection).Next(3 * BlockBytes) });
        var transfer = receiver.Expect(cache.Spec);

        var sent = await Delivery.SendAsync(
            cache, cache.Cut(new Random(seed)), receiver.DestinationOf(transfer, proxy),
            // A reset that is lost on the way is noticed by the silence after it, within the time that this test has.
            Delivery.Options with { Sockets = 1 + seed % 4, StallSeconds = 12 },
            new ImpatientTime());

        Assert.True(proxy.Connections > 5, "The network was not bad at all.");
        cache.AssertWhole(await transfer.Completed.Soon());
        Assert.All(sent, Leak.AssertDisposed);
        await receiver.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Byte_DamagedAnywhereToTheReceiver_TransferArrivesExactly(int seed)
    {
        // One in the Hello, in a block frame, in a payload and in a checksum; the others anywhere.
        long[] places = [10, WireFormat.HelloBytes + 20, WireFormat.HelloBytes + 500, WireFormat.HelloBytes + BlockBytes - 3];
        var place = seed < places.Length ? places[seed] : new Random(seed).Next(4 * BlockBytes);

        await AssertArrivesAsync(new Faults { FlipToReceiver = offset => offset == place });
    }

    [Theory]
    [InlineData(6)]
    [InlineData(WireFormat.ReplyBytes + 6)]
    [InlineData(WireFormat.ReplyBytes + 9)]
    [InlineData(4 * WireFormat.ReplyBytes + 12)]
    public async Task Byte_DamagedToTheSender_TransferArrivesExactly(int place) =>
        await AssertArrivesAsync(new Faults { FlipToSender = offset => offset == place });

    [Fact]
    public async Task Payload_DamagedOnce_IsAskedForAgainOnTheSameConnection()
    {
        var proxy = await AssertArrivesAsync(
            new Faults { FlipToReceiver = offset => offset == WireFormat.HelloBytes + WireFormat.RequestBytes });

        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task Payload_DamagedTwice_FailsBothSides()
    {
        await using var receiver = new Receiver();
        await using var proxy = new FaultProxy(receiver.Port.Port, _ => new Faults
        {
            FlipToReceiver = offset => (offset - WireFormat.HelloBytes) % BlockBytes == WireFormat.RequestBytes,
        });
        var transfer = receiver.Expect(Cache.Small.Spec);

        var error = await Assert.ThrowsAsync<KvTransferException>(() => Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(50).Take(1), receiver.DestinationOf(transfer, proxy), Delivery.Options with { Sockets = 1 }));

        Assert.Contains("damaged twice", error.Message);
        Assert.Contains("damaged twice", (await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon())).Message);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Connection_ThatSwallowsEverything_IsGivenUpAfterTheStallAndReplaced()
    {
        var time = new ObservedTime();
        await using var receiver = new Receiver();
        await using var proxy = new FaultProxy(receiver.Port.Port, connection =>
            connection > 0 ? Faults.None : new Faults { SwallowFrom = WireFormat.HelloBytes + BlockBytes + 1000 });
        var transfer = receiver.Expect(Cache.Small.Spec);

        var delivery = Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(50), receiver.DestinationOf(transfer, proxy),
            new KvSenderOptions { Sockets = 1, StallSeconds = 8 }, time);
        await proxy.Swallowed;
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(1, proxy.Connections);
        // The sender may still have written to its own socket while the clock moved: the stall counts from its last byte.
        await time.AdvanceUntilSetAsync(TimeSpan.FromSeconds(2), dueTime: TimeSpan.FromSeconds(0.05));
        await delivery.Soon();

        // The receiver has not noticed that the first connection is dead, which was in the middle of a block.
        Assert.Equal(2, proxy.Connections);
        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        await receiver.AssertNothingLeftAsync();
    }

    private static async Task<FaultProxy> AssertArrivesAsync(Faults first)
    {
        await using var receiver = new Receiver();
        await using var proxy = new FaultProxy(receiver.Port.Port, connection => connection == 0 ? first : Faults.None);
        var transfer = receiver.Expect(Cache.Small.Spec);

        IReadOnlyList<KvBlock> sent = await Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(50), receiver.DestinationOf(transfer, proxy), Delivery.Options with { Sockets = 1 });

        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        Assert.All(sent, Leak.AssertDisposed);
        await receiver.AssertNothingLeftAsync();
        return proxy;
    }
}
