using System.Buffers.Binary;
using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Receiving;

public sealed class HostilePeerTests
{
    public static TheoryData<int, int, int, int, int> BlocksThatDoNotFit => new()
    {
        { 2, 0, 1, 96, 64 },
        { 7, 0, 1, 96, 64 },
        { -1, 0, 1, 96, 64 },
        { 3, -1, 1, 96, 64 },
        { 3, 0, 0, 96, 64 },
        { 3, 0, -5, 96, 64 },
        { 3, 0, 61, 96, 64 },
        { 3, 60, 1, 96, 64 },
        { 3, int.MaxValue, int.MaxValue, 96, 64 },
        { 3, 0, 1, 97, 64 },
        { 3, 0, 1, 96, 65 },
        { 3, 0, 1, -1, 64 },
        { 3, 0, 50, int.MaxValue, int.MaxValue },
        { 3, 0, 49, 48, 64 }, // another row size than the layer's first block
        { 3, 49, 2, 96, 64 }, // overlaps the layer's first block
    };

    [Theory]
    [MemberData(nameof(BlocksThatDoNotFit))]
    public async Task Block_OutsideOfWhatIsExpected_IsRefusedBeforeMemoryIsRented(
        int layer, int first, int rows, int kRowBytes, int vRowBytes)
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        await peer.SendBlockAsync(1, Cache.Small.Block(Cache.Small.Header(3, 50, 5)));
        Assert.Equal(new ReplyFrame(FrameKind.Ack, 1, Refusal.None), await peer.ReadReplyAsync());

        await peer.SendFrameAsync(RequestFrame.Block(2, new KvBlockHeader(layer, first, rows, kRowBytes, vRowBytes)));

        Assert.Equal((FrameKind.Refused, 2u), (await peer.ReadReplyAsync()) is var reply ? (reply.Kind, reply.Number) : default);
        await peer.AssertClosedAsync();
        await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon());
        Assert.Single(receiver.Rented);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Block_BeyondTheTotalBytes_IsRefusedBeforeMemoryIsRented()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec with { MaxTotalBytes = 10 * 160 });
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        await peer.SendBlockAsync(1, Cache.Small.Block(Cache.Small.Header(3, 0, 10)));
        await peer.ReadReplyAsync();

        await peer.SendFrameAsync(RequestFrame.Block(2, Cache.Small.Header(4, 0, 1)));

        Assert.Equal(new ReplyFrame(FrameKind.Refused, 2, Refusal.OutOfBounds), await peer.ReadReplyAsync());
        Assert.Single(receiver.Rented);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Hello_UnknownTransferOrWrongToken_GetsTheSameFrameAndIsClosed()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        var right = receiver.DestinationOf(transfer);
        var token = right.Token.ToBuilder();
        token[31] ^= 1;

        foreach (var wrong in new[]
        {
            right with { Token = token.ToImmutable() },
            right with { TransferId = new Guid(1, 2, 3, new byte[8]) },
            right with { TransferId = new Guid(1, 2, 3, new byte[8]), Token = ImmutableArray.Create(new byte[32]) },
        })
        {
            using var peer = RawPeer.Connect(right.Port);

            Assert.Equal(new ReplyFrame(FrameKind.Refused, 0, Refusal.Unknown), await peer.HelloAsync(wrong));
            await peer.AssertClosedAsync();
        }
        Assert.False(transfer.Completed.IsCompleted);
        Assert.Empty(receiver.Rented);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Noise_InPlaceOfFrames_IsClosedAndHarmsNobody(int seed)
    {
        var random = new Random(seed);
        var noise = new byte[4096];
        random.NextBytes(noise);
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var stranger = RawPeer.Connect(receiver.Port.Port);
        using var friend = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));

        await stranger.Stream.WriteAsync(noise);
        await friend.Stream.WriteAsync(noise);

        await stranger.AssertClosedAsync();
        await friend.AssertClosedAsync();
        Assert.Empty(receiver.Rented);
        await Delivery.SendAsync(Cache.Small, Cache.Small.Cut(7), receiver.DestinationOf(transfer), new KvSenderOptions());
        Cache.Small.AssertWhole(await transfer.Completed.Soon());
    }

    [Fact]
    public async Task Connections_BeyondTheLimit_AreClosedUntilOneEnds()
    {
        await using var receiver = new Receiver(new KvDataPortOptions { MaxConnections = 2 });
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec));
        using var first = await RawPeer.GreetAsync(destination);
        using var second = await RawPeer.GreetAsync(destination);

        using var third = RawPeer.Connect(destination.Port);
        await third.AssertClosedAsync();

        Assert.Equal(2, receiver.Port.Connections);
        var options = Delivery.Options with { Sockets = 1, MaxReconnects = 0 };
        var error = await Assert.ThrowsAsync<KvTransferException>(() =>
            KvSender.OpenAsync(destination, options, TimeProvider.System, CancellationToken.None).Soon());
        Assert.Contains("E2LLM:DataPort:MaxConnections", error.Message);
        Assert.Contains($"127.0.0.1:{destination.Port}", error.Message);
        first.Dispose();
        await using var sender = await Delivery.OpenAsync(destination, Delivery.Options);
    }

    [Fact]
    public async Task Connections_OfOneTransferBeyondItsShare_AreClosed()
    {
        await using var receiver = new Receiver();
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec));
        var peers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => RawPeer.GreetAsync(destination)));

        using var peer = RawPeer.Connect(destination.Port);
        await Assert.ThrowsAnyAsync<IOException>(() => peer.HelloAsync(destination));

        foreach (var each in peers)
            each.Dispose();
    }

    [Fact]
    public async Task Stranger_WhoSaysNothing_IsClosedAfterTheHandshakeTime()
    {
        var time = new ObservedTime();
        await using var receiver = new Receiver(new KvDataPortOptions { HandshakeSeconds = 7 }, time);
        using var silent = RawPeer.Connect(receiver.Port.Port);

        await time.ElapseAsync(TimeSpan.FromSeconds(7));

        await silent.AssertClosedAsync();
    }

    [Fact]
    public async Task Complete_BeforeAllBlocksAreIn_FailsTheTransfer()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        foreach (var header in Cache.Small.Cut(50).Skip(1))
        {
            await peer.SendBlockAsync(7, Cache.Small.Block(header));
            await peer.ReadReplyAsync();
        }

        await peer.SendFrameAsync(RequestFrame.Complete(8, 50));

        Assert.Equal(new ReplyFrame(FrameKind.Refused, 8, Refusal.Incomplete), await peer.ReadReplyAsync());
        Assert.Contains("blocks are missing", (await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon())).Message);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Announce_OvertakesBlocks_TheLastBlockIsAnsweredWhole()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));

        await peer.SendFrameAsync(RequestFrame.Announce(1, 50));
        Assert.Equal(FrameKind.Ack, (await peer.ReadReplyAsync()).Kind);
        foreach (var header in Cache.Small.Cut(50))
        {
            Assert.False(transfer.Completed.IsCompleted);
            await peer.SendBlockAsync(2, Cache.Small.Block(header));
            Assert.Equal(header.Layer == 6 ? FrameKind.Whole : FrameKind.Ack, (await peer.ReadReplyAsync()).Kind);
        }

        Cache.Small.AssertWhole(await transfer.Completed.Soon());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(61)]
    [InlineData(49)] // announced as 50 before
    public async Task Announce_PositionsThatCannotBe_AreRefused(int positions)
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        await peer.SendFrameAsync(RequestFrame.Announce(1, 50));
        await peer.ReadReplyAsync();

        await peer.SendFrameAsync(RequestFrame.Announce(2, positions));

        Assert.Equal(new ReplyFrame(FrameKind.Refused, 2, Refusal.OutOfBounds), await peer.ReadReplyAsync());
        await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon());
    }

    [Fact]
    public async Task Block_ThatIsInAlready_IsDroppedAndAcknowledged()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var one = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        using var other = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        uint number = 0;
        foreach (var header in Cache.Small.Cut(20))
            foreach (var peer in new[] { one, other, one })
            {
                await peer.SendBlockAsync(++number, Cache.Small.Block(header));
                Assert.Equal(new ReplyFrame(FrameKind.Ack, number, Refusal.None), await peer.ReadReplyAsync());
            }

        // Complete and blocks again too, as after an answer that got lost.
        for (var times = 0; times < 2; times++)
        {
            await one.SendFrameAsync(RequestFrame.Complete(++number, 50));
            Assert.Equal(new ReplyFrame(FrameKind.Whole, number, Refusal.None), await one.ReadReplyAsync());
            await other.SendBlockAsync(++number, Cache.Small.Block(Cache.Small.Header(4, 20, 20)));
            Assert.Equal(new ReplyFrame(FrameKind.Whole, number, Refusal.None), await other.ReadReplyAsync());
        }

        Assert.Equal(Cache.Small.Cut(20).Count, receiver.Rented.Count);
        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Version_OfTheFuture_IsClosed()
    {
        await using var receiver = new Receiver();
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec));
        var hello = new byte[WireFormat.HelloBytes];
        HelloFrame.Write(hello, destination.TransferId, destination.Token.AsSpan());
        BinaryPrimitives.WriteUInt16LittleEndian(hello.AsSpan(4), 2);
        WireFormat.Seal(hello);
        using var peer = RawPeer.Connect(destination.Port);

        await peer.Stream.WriteAsync(hello);

        await peer.AssertClosedAsync();
    }
}
