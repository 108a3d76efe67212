using E2LLM.Core.Kv;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Receiving;

/// <summary>Alone, because it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public async Task Strangers_WhoAnnounceHugeBlocks_CostAFewKilobytesEach()
    {
        const int strangers = 100;
        await using var receiver = new Receiver();
        var destination = receiver.DestinationOf(receiver.Expect(Cache.Small.Spec)) with { TransferId = Guid.Empty };
        var attack = new byte[WireFormat.HelloBytes + WireFormat.RequestBytes];
        HelloFrame.Write(attack.AsSpan(0, WireFormat.HelloBytes), destination.TransferId, destination.Token.AsSpan());
        RequestFrame.Block(1, new KvBlockHeader(3, 0, 1, KvBlock.MaxBytes, 0)).Write(attack.AsSpan(WireFormat.HelloBytes));
        await AttackAsync(20); // what is made once

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await AttackAsync(strangers);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.True(allocated < strangers * 32 * 1024, $"{allocated / strangers} bytes a stranger");
        Assert.Empty(receiver.Rented);

        async Task AttackAsync(int count)
        {
            for (var index = 0; index < count; index++)
            {
                using var stranger = RawPeer.Connect(destination.Port);
                await stranger.Stream.WriteAsync(attack);
                await stranger.ReadToEndAsync();
            }
        }
    }

    [Fact]
    public async Task TokenHolder_WhoOpensBlocksAndSendsNothing_GetsNoMoreThanTheTransferMayHold()
    {
        const int rowBytes = 1 << 20;
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(new KvTransferSpec
        {
            FirstLayer = 0, LayerCount = 2, MaxPositions = 4, MaxKRowBytes = rowBytes, MaxVRowBytes = 0, LeaseSeconds = 60,
        });
        var peers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => RawPeer.GreetAsync(receiver.DestinationOf(transfer))));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        for (var index = 0; index < 8; index++)
            await peers[index].SendFrameAsync(RequestFrame.Block(1, new KvBlockHeader(index / 4, index % 4, 1, rowBytes, 0)));
        for (var index = 0; index < 8; index++)
            await receiver.RentAsync();
        // The same places again, from other connections: these take the places over, they get no new ones.
        for (var index = 8; index < 16; index++)
            await peers[index].SendFrameAsync(RequestFrame.Block(1, new KvBlockHeader(index % 8 / 4, index % 4, 1, rowBytes, 0)));
        for (var index = 0; index < 8; index++)
        {
            await peers[index].AssertClosedAsync();
            await receiver.RentAsync();
        }

        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(8, receiver.Rented.Count(Leak.IsRented));
        Assert.True(allocated < 24 * rowBytes, $"{allocated} bytes");
        foreach (var peer in peers)
            peer.Dispose();
        await receiver.AssertNothingLeftAsync();
    }
}
