using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Sending;

public sealed class KvSenderTests
{
    [Fact]
    public async Task OpenAsync_NobodyListens_RetriesWithGrowingDelaysThenNamesPeerAndKnob()
    {
        var time = new ObservedTime();
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var destination = new KvDestination
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)closed.LocalEndpoint).Port,
            TransferId = new Guid(1, 2, 3, new byte[8]),
            Token = [.. new byte[32]],
        };
        closed.Stop();

        var opening = KvSender.OpenAsync(
            destination, new KvSenderOptions { Sockets = 1, MaxReconnects = 3, ReconnectDelaySeconds = 0.8 }, time, CancellationToken.None);
        foreach (var seconds in new[] { 0.8, 1.6, 2 })
            await time.ElapseAsync(TimeSpan.FromSeconds(seconds));

        var error = await Assert.ThrowsAsync<KvTransferException>(() => opening.Soon());
        Assert.Contains($"127.0.0.1:{destination.Port}", error.Message);
        Assert.Contains("E2LLM:KvSender:MaxReconnects is 3", error.Message);
    }

    [Fact]
    public async Task OpenAsync_WrongToken_FailsAtOnce()
    {
        await using var receiver = new Receiver();
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec)) with { Token = [.. new byte[32]] };

        var error = await Assert.ThrowsAsync<KvTransferException>(() =>
            KvSender.OpenAsync(destination, new KvSenderOptions(), new ObservedTime(), CancellationToken.None).Soon());

        Assert.Contains("does not know it", error.Message);
    }

    [Fact]
    public async Task OpenAsync_PeerNeverGreets_EndsAfterTheConnectTime()
    {
        var time = new ObservedTime();
        var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var receiver = new Receiver();
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec)) with { Port = ((IPEndPoint)mute.LocalEndpoint).Port };

        var opening = KvSender.OpenAsync(
            destination, new KvSenderOptions { Sockets = 1, MaxReconnects = 0, ConnectSeconds = 9 }, time, CancellationToken.None);
        await time.ElapseAsync(TimeSpan.FromSeconds(9));

        Assert.Contains("E2LLM:KvSender:ConnectSeconds", (await Assert.ThrowsAsync<KvTransferException>(() => opening.Soon())).Message);
        mute.Stop();
    }

    [Fact]
    public async Task SendAsync_MoreThanMayBeUnacknowledged_WaitsUntilTheReceiverHasSome()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        var gate = new SemaphoreSlim(0);
        var options = new KvSenderOptions
        {
            Sockets = 2, MaxUnacknowledgedBytes = 2 * 10 * 160, Pace = (_, cancellationToken) => gate.WaitAsync(cancellationToken),
        };
        await using var sender = await Delivery.OpenAsync(receiver.DestinationOf(transfer), options);
        var blocks = Cache.Small.Cut(10).Take(4).Select(Cache.Small.Block).ToArray();
        await sender.SendAsync(blocks[0], CancellationToken.None);
        await sender.SendAsync(blocks[1], CancellationToken.None);
        using var impatient = new CancellationTokenSource();

        var third = sender.SendAsync(blocks[2], CancellationToken.None).AsTask();
        var cancelled = sender.SendAsync(blocks[3], impatient.Token).AsTask();
        Assert.False(third.IsCompleted);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        Leak.AssertDisposed(blocks[3]);
        Assert.False(third.IsCompleted);
        gate.Release();
        await third.Soon();

        await sender.DisposeAsync();
        Assert.All(blocks, Leak.AssertDisposed);
        transfer.Cancel();
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task SendAsync_BlockAboveTheLimitAlone_Goes()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);

        await Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(50), receiver.DestinationOf(transfer), new KvSenderOptions { MaxUnacknowledgedBytes = 1 });

        Cache.Small.AssertWhole(await transfer.Completed.Soon());
    }

    [Fact]
    public async Task DisposeAsync_InTheMiddle_FreesWhatIsNotSentAndEndsTheCalls()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        var never = new TaskCompletionSource();
        var options = new KvSenderOptions { Pace = (_, cancellationToken) => never.Task.WaitAsync(cancellationToken) };
        var sender = await Delivery.OpenAsync(receiver.DestinationOf(transfer), options);
        var blocks = Cache.Small.Cut(10).Select(Cache.Small.Block).ToArray();
        foreach (var block in blocks.Skip(1))
            await sender.SendAsync(block, CancellationToken.None);
        var completing = sender.CompleteAsync(50, CancellationToken.None);

        await sender.DisposeAsync().AsTask().Soon();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => completing.Soon());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await sender.SendAsync(blocks[0], CancellationToken.None));
        Assert.All(blocks, Leak.AssertDisposed);
        Assert.False(transfer.Completed.IsCompleted);
        transfer.Cancel();
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task CompleteAsync_LayersAreMissing_FailsBothSides()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);

        var error = await Assert.ThrowsAsync<KvTransferException>(() => Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(50).Skip(1), receiver.DestinationOf(transfer), Delivery.Options));

        Assert.Contains("every position of every layer", error.Message);
        await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon());
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Receiver_AcknowledgesBeforeItHasTheBlock_MemoryIsNotFreedUnderTheSocket()
    {
        // 16 MiB do not fit into the socket buffers, so the block is still being written when its answer comes.
        var header = new KvBlockHeader(0, 0, 1, 16 << 20, 0);
        var block = KvBlock.Rent(header);
        var liar = new TcpListener(IPAddress.Loopback, 0);
        liar.Start();
        var destination = new KvDestination
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)liar.LocalEndpoint).Port,
            TransferId = new Guid(1, 2, 3, new byte[8]),
            Token = [.. new byte[32]],
        };

        var opening = KvSender.OpenAsync(destination, new KvSenderOptions { Sockets = 1 }, TimeProvider.System, CancellationToken.None);
        using var stream = (await liar.AcceptTcpClientAsync()).GetStream();
        await stream.ReadExactlyAsync(new byte[WireFormat.HelloBytes]);
        await ReplyAsync(new ReplyFrame(FrameKind.Welcome, 0, Refusal.None));
        await using var sender = await opening.Soon();
        await sender.SendAsync(block, CancellationToken.None);
        var frame = new byte[WireFormat.RequestBytes];
        await stream.ReadExactlyAsync(frame);
        await ReplyAsync(new ReplyFrame(FrameKind.Ack, RequestFrame.Read(frame).Number, Refusal.None));
        await ReplyAsync(new ReplyFrame(FrameKind.Ack, RequestFrame.Read(frame).Number, Refusal.None));

        // The second answer breaks the protocol: the sender drops the connection, and comes back with the block.
        using var again = (await liar.AcceptTcpClientAsync().Soon()).GetStream();
        Assert.Equal(header.LengthBytes, block.Bytes.Length);
        liar.Stop();

        async Task ReplyAsync(ReplyFrame reply)
        {
            var bytes = new byte[WireFormat.ReplyBytes];
            reply.Write(bytes);
            await stream.WriteAsync(bytes);
        }
    }
}
