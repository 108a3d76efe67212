using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;

namespace E2LLM.Benchmarks.DataPlane;

/// <summary>A data port and senders to it, in one process: one layer a block.</summary>
internal sealed class DataPortPair(int bytes, int blockBytes) : IAsyncDisposable
{
    private const int RowBytes = 2048;

    private readonly KvDataPort _port = KvDataPort.Start(new KvDataPortOptions(), TimeProvider.System);
    private readonly int _layers = bytes / blockBytes;
    private readonly int _rows = blockBytes / RowBytes;

    /// <returns>Seconds to open the sender, and to send everything with it.</returns>
    public async Task<(double OpenSeconds, double SendSeconds)> RunAsync(int sockets)
    {
        var time = TimeProvider.System;
        var transfer = _port.Inbox.Expect(new KvTransferSpec
        {
            FirstLayer = 0,
            LayerCount = _layers,
            MaxPositions = _rows,
            MaxKRowBytes = RowBytes / 2,
            MaxVRowBytes = RowBytes / 2,
            LeaseSeconds = 60,
        });
        var blocks = Enumerable.Range(0, _layers).Select(Block).ToArray();

        var started = time.GetTimestamp();
        await using var sender = await KvSender.OpenAsync(
            _port.DestinationOf(transfer), new KvSenderOptions { Sockets = sockets }, time, CancellationToken.None);
        var opened = time.GetTimestamp();
        foreach (var block in blocks)
            await sender.SendAsync(block, CancellationToken.None);
        await sender.CompleteAsync(_rows, CancellationToken.None);
        var sent = time.GetTimestamp();

        foreach (var block in await transfer.Completed)
            block.Dispose();
        return (time.GetElapsedTime(started, opened).TotalSeconds, time.GetElapsedTime(opened, sent).TotalSeconds);
    }

    public ValueTask DisposeAsync() => _port.DisposeAsync();

    private KvBlock Block(int layer)
    {
        var block = KvBlock.Rent(new KvBlockHeader(layer, 0, _rows, RowBytes / 2, RowBytes / 2));
        block.Bytes.Span.Fill((byte)layer);
        return block;
    }
}
