using E2LLM.Core.Errors;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Receiving;

public sealed class LeaseTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Lease_EndsWhileAPeerHangsInABlock_FreesEverything()
    {
        var time = new ObservedTime();
        await using var receiver = new Receiver(time: time);
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        await peer.SendBlockAsync(1, Cache.Small.Block(Cache.Small.Header(3, 0, 5)));
        await peer.ReadReplyAsync();
        await peer.SendFrameAsync(RequestFrame.Block(2, Cache.Small.Header(3, 5, 5)));
        await receiver.RentAsync();
        await receiver.RentAsync();

        time.Advance(Lease);

        await peer.AssertClosedAsync();
        var error = await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon());
        Assert.Contains($"{transfer.TransferId:N}", error.Message);
        Assert.Contains("lease of 60 s", error.Message);
        Assert.False(transfer.RenewLease());
        using var late = RawPeer.Connect(receiver.Port.Port);
        Assert.Equal(Refusal.Unknown, (await late.HelloAsync(receiver.DestinationOf(transfer))).Refusal);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Lease_Renewed_RunsAnew()
    {
        var time = new ObservedTime();
        await using var receiver = new Receiver(time: time);
        var transfer = receiver.Expect(Cache.Small.Spec);

        for (var times = 0; times < 3; times++)
        {
            time.Advance(Lease - TimeSpan.FromSeconds(1));
            Assert.True(transfer.RenewLease());
        }
        time.Advance(Lease - TimeSpan.FromSeconds(1));
        Assert.False(transfer.Completed.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<KvTransferException>(() => transfer.Completed.Soon());
    }

    [Fact]
    public async Task Lease_EndsAfterCompletion_BlocksStayTheConsumersAndTheSenderIsClosed()
    {
        var time = new ObservedTime();
        await using var receiver = new Receiver(time: time);
        var transfer = receiver.Expect(Cache.Small.Spec);
        await Delivery.SendAsync(Cache.Small, Cache.Small.Cut(10), receiver.DestinationOf(transfer), new KvSenderOptions());
        using var idle = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        transfer.Dispose();

        time.Advance(Lease);

        await idle.AssertClosedAsync();
        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        using var late = RawPeer.Connect(receiver.Port.Port);
        Assert.Equal(Refusal.Unknown, (await late.HelloAsync(receiver.DestinationOf(transfer))).Refusal);
    }

    [Fact]
    public async Task Cancel_InTheMiddle_FreesEverythingAndTellsTheSender()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        await using var sender = await Delivery.OpenAsync(receiver.DestinationOf(transfer), Delivery.Options);
        var sent = Cache.Small.Cut(10).Take(7).Select(Cache.Small.Block).ToArray();
        foreach (var block in sent)
            await sender.SendAsync(block, CancellationToken.None);
        await receiver.RentAsync();

        transfer.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transfer.Completed.Soon());
        var error = await Assert.ThrowsAsync<KvTransferException>(() => sender.CompleteAsync(50, CancellationToken.None).Soon());
        Assert.Contains("cancelled", error.Message);
        Assert.Contains($"KV transfer {transfer.TransferId:N} to 127.0.0.1:{receiver.Port.Port}", error.Message);
        Assert.True(error.MayRetry);
        await sender.DisposeAsync();
        Assert.All(sent, Leak.AssertDisposed);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Port_Disposed_CancelsWhatItExpects()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        using var peer = await RawPeer.GreetAsync(receiver.DestinationOf(transfer));
        await peer.SendFrameAsync(RequestFrame.Block(1, Cache.Small.Header(3, 5, 5)));
        await receiver.RentAsync();

        await receiver.AssertNothingLeftAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transfer.Completed.Soon());
        Assert.Throws<ObjectDisposedException>(() => receiver.Expect(Cache.Small.Spec));
    }
}
