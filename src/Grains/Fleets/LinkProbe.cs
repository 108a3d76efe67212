using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.Devices;

namespace E2LLM.Grains.Fleets;

/// <summary>
/// Measures the network to another silo the way that it is used: its delay by grain calls, as hidden states go, and its bandwidth over the
/// data port, as KV caches and weights do.
/// </summary>
internal sealed class LinkProbe(KvSenderOptions options, TimeProvider time)
{
    private const int Pings = 6;
    private const int BlockBytes = 1 << 20;
    private const int Blocks = 16;
    private const double LeaseSeconds = 60;

    /// <summary>Bursts are repeated for so long: the first ones find connections that have yet to speed up, and code that has not run before.</summary>
    private const double BurstsSeconds = 2;

    /// <summary>A network that takes longer is of no use to a fog.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(LeaseSeconds);

    /// <summary>Opens the receiving end. What comes is thrown away as soon as it is whole, or when the lease ends.</summary>
    public static KvDestination Open(KvDataPort port)
    {
        var transfer = port.Inbox.Expect(new KvTransferSpec
        {
            FirstLayer = 0,
            LayerCount = 1,
            MaxPositions = Blocks,
            MaxKRowBytes = BlockBytes,
            MaxVRowBytes = 0,
            LeaseSeconds = LeaseSeconds,
        });
        _ = KvInbound.FreeBlocksAsync(transfer);
        return port.DestinationOf(transfer);
    }

    /// <returns>Bytes a second, and seconds one way.</returns>
    /// <exception cref="E2LlmException">The other end cannot be reached, or turns the sender away.</exception>
    public async Task<(double BytesPerSecond, double LatencySeconds)> MeasureAsync(IDeviceGrain to, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            // The least: what is above it is somebody else's work. The first call may have had to wake the grain.
            var latency = double.PositiveInfinity;
            for (var ping = 0; ping < Pings; ping++)
                latency = Math.Min(latency, await SecondsAsync(() => to.PingAsync().WaitAsync(given.Token)) / 2);
            var (best, all) = (double.PositiveInfinity, 0.0);
            while (all < BurstsSeconds)
            {
                var seconds = await BurstSecondsAsync(to, given.Token);
                (best, all) = (Math.Min(best, seconds), all + seconds);
            }
            return (Blocks * (double)BlockBytes / Math.Max(1e-9, best - latency), latency);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new KvTransferException($"{Blocks * BlockBytes} bytes did not arrive within {LeaseSeconds} s.");
        }
    }

    private async Task<double> BurstSecondsAsync(IDeviceGrain to, CancellationToken cancellationToken)
    {
        await using var sender = await KvSender.OpenAsync(await to.OpenProbeAsync().WaitAsync(cancellationToken), options, time, cancellationToken);
        return await SecondsAsync(() => SendAsync(sender, cancellationToken));
    }

    private static async Task SendAsync(KvSender sender, CancellationToken cancellationToken)
    {
        for (var position = 0; position < Blocks; position++)
        {
            var block = KvBlock.Rent(new KvBlockHeader(Layer: 0, FirstPosition: position, Rows: 1, KRowBytes: BlockBytes, VRowBytes: 0));
            block.Bytes.Span.Clear(); // nothing of what lay there before goes out
            await sender.SendAsync(block, cancellationToken);
        }
        await sender.CompleteAsync(Blocks, cancellationToken);
    }

    private async Task<double> SecondsAsync(Func<Task> call)
    {
        var start = time.GetTimestamp();
        await call();
        return time.GetElapsedTime(start).TotalSeconds;
    }
}
