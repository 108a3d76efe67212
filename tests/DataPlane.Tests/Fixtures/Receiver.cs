using System.Collections.Concurrent;
using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A data port on loopback that keeps the book of what its inbox rents.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<KvBlock> _rented = new();
    private readonly SemaphoreSlim _rents = new(0);

    public Receiver(KvDataPortOptions? options = null, TimeProvider? time = null)
    {
        Port = KvDataPort.Start(options ?? new KvDataPortOptions(), time ?? TimeProvider.System);
        Port.Inbox.Rented = block =>
        {
            _rented.Enqueue(block);
            _rents.Release();
        };
    }

    public KvDataPort Port { get; }

    public IReadOnlyCollection<KvBlock> Rented => _rented;

    public KvInboundTransfer Expect(KvTransferSpec spec) => Port.Inbox.Expect(spec);

    /// <summary>Where to send, through a proxy if one is given.</summary>
    public KvDestination DestinationOf(KvInboundTransfer transfer, FaultProxy? proxy = null)
    {
        var destination = Port.DestinationOf(transfer);
        return proxy is null ? destination : destination with { Port = proxy.Port };
    }

    /// <summary>Waits until a block has been rented.</summary>
    public Task RentAsync() => _rents.WaitAsync().Soon();

    /// <summary>Closes the port, which waits for its connections, and asserts that no block is left.</summary>
    public async Task AssertNothingLeftAsync()
    {
        await Port.DisposeAsync().AsTask().Soon();
        Assert.All(_rented, Leak.AssertDisposed);
    }

    public ValueTask DisposeAsync() => Port.DisposeAsync();
}
