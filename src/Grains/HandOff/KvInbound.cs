using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Interfaces.HandOff;

namespace E2LLM.Grains.HandOff;

/// <summary>The transfers that a stage expects. Whatever has come in is taken once or freed.</summary>
internal sealed class KvInbound(KvDataPort port)
{
    private readonly Dictionary<Guid, KvInboundTransfer> _transfers = [];

    /// <summary>Transfers that are open, or complete and not taken.</summary>
    public int Count => _transfers.Values.Count(transfer => !IsOver(transfer));

    /// <summary>One target for every source that has some of the layers from <paramref name="firstLayer"/> on.</summary>
    public ImmutableArray<KvTarget> Expect(KvExpectation expectation, string deviceId, int firstLayer, int layerCount)
    {
        // Nobody drops the transfers of a replica that is gone; their leases have ended them.
        Drop([.. _transfers.Where(known => IsOver(known.Value)).Select(known => known.Key)]);
        var targets = ImmutableArray.CreateBuilder<KvTarget>();
        foreach (var source in expectation.Sources)
        {
            var first = Math.Max(source.FirstLayer, firstLayer);
            var count = Math.Min(source.FirstLayer + source.LayerCount, firstLayer + layerCount) - first;
            if (count <= 0)
                continue;
            var transfer = port.Inbox.Expect(new KvTransferSpec
            {
                FirstLayer = first,
                LayerCount = count,
                MaxPositions = expectation.Positions,
                MaxKRowBytes = expectation.MaxRowBytes,
                MaxVRowBytes = expectation.MaxRowBytes,
                MaxTotalBytes = (long)count * expectation.Positions * expectation.MaxRowBytes,
                LeaseSeconds = expectation.LeaseSeconds,
            });
            _transfers.Add(transfer.TransferId, transfer);
            targets.Add(new KvTarget { FirstLayer = first, LayerCount = count, DeviceId = deviceId, Destination = port.DestinationOf(transfer) });
        }
        return targets.DrainToImmutable();
    }

    public void Renew(ImmutableArray<Guid> ids)
    {
        foreach (var id in ids)
            _transfers.GetValueOrDefault(id)?.RenewLease();
    }

    /// <summary>All blocks of the transfers; the caller's from now on.</summary>
    /// <exception cref="KvTransferException">One has failed, or is unknown.</exception>
    public async Task<IReadOnlyList<KvBlock>> TakeAsync(ImmutableArray<Guid> ids)
    {
        var taken = ids.Select(id => _transfers.GetValueOrDefault(id)
            ?? throw new KvTransferException($"KV transfer {id:N} is not expected here, or no longer.")).ToArray();
        foreach (var id in ids)
            _transfers.Remove(id);
        try
        {
            return [.. (await Task.WhenAll(taken.Select(transfer => transfer.Completed))).SelectMany(blocks => blocks)];
        }
        catch (Exception error)
        {
            foreach (var transfer in taken)
                Free(transfer);
            throw error as KvTransferException ?? new KvTransferException("A KV transfer was dropped before it was complete.", error);
        }
    }

    public void Drop(ImmutableArray<Guid> ids)
    {
        foreach (var id in ids)
            if (_transfers.Remove(id, out var transfer))
                Free(transfer);
    }

    public void DropAll() => Drop([.. _transfers.Keys]);

    private static bool IsOver(KvInboundTransfer transfer) => transfer.Completed is { IsCompleted: true, IsCompletedSuccessfully: false };

    private static void Free(KvInboundTransfer transfer)
    {
        transfer.Cancel();
        _ = FreeBlocksAsync(transfer);
    }

    /// <summary>What was complete already is not the port's any more.</summary>
    private static async Task FreeBlocksAsync(KvInboundTransfer transfer)
    {
        await transfer.Completed.ContinueWith(_ => { }, TaskScheduler.Default);
        if (transfer.Completed.IsCompletedSuccessfully)
            foreach (var block in await transfer.Completed)
                block.Dispose();
    }
}
