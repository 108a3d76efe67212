using E2LLM.DataPlane.Tests.Fixtures;

namespace E2LLM.DataPlane.Tests.Transfers;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 7)]
    [InlineData(3, 1)]
    [InlineData(8, 16)]
    public async Task Transfer_OverParallelSockets_ArrivesExactly(int sockets, int rows)
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);

        var sent = await Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(rows), receiver.DestinationOf(transfer), new KvSenderOptions { Sockets = sockets });

        Assert.True(transfer.Completed.IsCompletedSuccessfully);
        Cache.Small.AssertWhole(await transfer.Completed);
        Assert.Equal(Cache.Small.LengthBytes, transfer.ReceivedBytes);
        Assert.Equal(sent.Count, transfer.ReceivedBlocks);
        Assert.All(sent, Leak.AssertDisposed);
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Transfer_RandomCutsInAnyOrder_ArriveExactly()
    {
        await using var receiver = new Receiver();
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var cache = new Cache(random.Next(5), random.Next(1, 9), random.Next(1, 200), random.Next(300), random.Next(1, 300));
            var transfer = receiver.Expect(cache.Spec);

            var options = new KvSenderOptions { Sockets = random.Next(1, 9) };
            await Delivery.SendAsync(cache, cache.Cut(random), receiver.DestinationOf(transfer), options);

            cache.AssertWhole(await transfer.Completed.Soon());
        }
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Transfer_BlocksOfManyChunks_ArriveExactly()
    {
        var cache = new Cache(FirstLayer: 0, Layers: 3, Positions: 1000, KRowBytes: 1500, VRowBytes: 700);
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(cache.Spec);

        await Delivery.SendAsync(cache, cache.Cut(1000), receiver.DestinationOf(transfer), new KvSenderOptions { Sockets = 2 });

        cache.AssertWhole(await transfer.Completed.Soon());
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Transfers_AtOnceOnOnePort_DoNotMeet()
    {
        await using var receiver = new Receiver();
        var caches = Enumerable.Range(0, 8).Select(index => Cache.Small with { FirstLayer = index * 5 }).ToArray();
        var transfers = caches.Select(cache => receiver.Expect(cache.Spec)).ToArray();

        await Task.WhenAll(caches.Select((cache, index) => Delivery.SendAsync(
            cache, cache.Cut(new Random(index)), receiver.DestinationOf(transfers[index]), new KvSenderOptions { Sockets = 3 })));

        for (var index = 0; index < caches.Length; index++)
            caches[index].AssertWhole(await transfers[index].Completed.Soon());
        await receiver.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Transfer_BothSidesWrapTheirStreams_GoesThroughBothWrappers()
    {
        var wrapped = new List<bool>();
        await using var receiver = new Receiver(new KvDataPortOptions { Secure = WrapAsync });
        var transfer = receiver.Expect(Cache.Small.Spec);

        await Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(7), receiver.DestinationOf(transfer), new KvSenderOptions { Sockets = 1, Secure = WrapAsync });

        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        Assert.Equal([false, true], wrapped.Order());
        await receiver.AssertNothingLeftAsync();

        Task<Stream> WrapAsync(Stream stream, bool isServer, CancellationToken cancellationToken)
        {
            lock (wrapped)
                wrapped.Add(isServer);
            return Task.FromResult<Stream>(new MaskingStream(stream));
        }
    }

    [Fact]
    public async Task Pace_OfEachBlock_IsAwaitedBeforeItLeavesAndNeverRunsTwiceAtOnce()
    {
        await using var receiver = new Receiver();
        var transfer = receiver.Expect(Cache.Small.Spec);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (inside, overlaps, paced) = (0, 0, 0L);

        var delivery = Delivery.SendAsync(
            Cache.Small, Cache.Small.Cut(5), receiver.DestinationOf(transfer), new KvSenderOptions { Sockets = 4, Pace = PaceAsync });
        Assert.False(delivery.IsCompleted);
        Assert.Equal(0, transfer.ReceivedBlocks);
        gate.SetResult();
        await delivery.Soon();

        Cache.Small.AssertWhole(await transfer.Completed.Soon());
        Assert.True(paced >= Cache.Small.LengthBytes);
        Assert.Equal(0, overlaps);
        await receiver.AssertNothingLeftAsync();

        async Task PaceAsync(long bytes, CancellationToken cancellationToken)
        {
            overlaps += Interlocked.Increment(ref inside) - 1;
            paced += bytes;
            Interlocked.Decrement(ref inside);
            await gate.Task.WaitAsync(cancellationToken);
            overlaps += Interlocked.Increment(ref inside) - 1;
            Interlocked.Decrement(ref inside);
        }
    }
}
