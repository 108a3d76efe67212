using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Interfaces.HandOff;

namespace E2LLM.Grains.HandOff;

/// <summary>The transfers that a stage expects, by the slot that they are for. Whatever has come in is taken once or freed.</summary>
internal sealed class KvInbound(KvDataPort port)
{
    private readonly Dictionary<KvSlot, ImmutableArray<KvInboundTransfer>> _slots = [];

    /// <summary>Transfers that are open, or complete and not taken.</summary>
    public int Count => _slots.Values.Sum(transfers => transfers.Count(transfer => !IsOver(transfer)));

    /// <summary>One target for every source that has some of the layers from <paramref name="firstLayer"/> on; the same ones when asked again.</summary>
    public ImmutableArray<KvTarget> Expect(KvExpectation expectation, string deviceId, int firstLayer, int layerCount)
    {
        if (!_slots.TryGetValue(expectation.Slot, out var transfers))
            _slots.Add(expectation.Slot, transfers = [.. Specs(expectation, firstLayer, layerCount).Select(port.Inbox.Expect)]);
        return
        [
            .. transfers.Select(transfer => new KvTarget
            {
                FirstLayer = transfer.Spec.FirstLayer,
                LayerCount = transfer.Spec.LayerCount,
                DeviceId = deviceId,
                Destination = port.DestinationOf(transfer),
            }),
        ];
    }

    /// <summary>Renews the leases of some slots and drops the others.</summary>
    /// <param name="slots">Those that still wait.</param>
    /// <param name="nextStep">Slots that are opened in this step or a later one stay as they are: whoever named the slots did not know of them.</param>
    public void Renew(ImmutableArray<KvSlot> slots, long nextStep)
    {
        foreach (var slot in slots)
            foreach (var transfer in _slots.GetValueOrDefault(slot, []))
                transfer.RenewLease();
        foreach (var slot in _slots.Keys.Where(known => known.OpenedInStep < nextStep && !slots.Contains(known)).ToArray())
            Drop(slot);
    }

    /// <summary>All blocks that come for a slot; the caller's from now on.</summary>
    /// <exception cref="KvTransferException">A transfer has failed, or none is expected.</exception>
    public async Task<IReadOnlyList<KvBlock>> TakeAsync(KvSlot slot)
    {
        if (!_slots.Remove(slot, out var taken))
            throw new KvTransferException($"No KV cache is expected here for the slot of step {slot.OpenedInStep}, or no longer.");
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

    public void Drop(KvSlot slot)
    {
        if (_slots.Remove(slot, out var transfers))
            foreach (var transfer in transfers)
                Free(transfer);
    }

    public void DropAll()
    {
        foreach (var slot in _slots.Keys.ToArray())
            Drop(slot);
    }

    private static IEnumerable<KvTransferSpec> Specs(KvExpectation expectation, int firstLayer, int layerCount)
    {
        foreach (var source in expectation.Sources)
        {
            var first = Math.Max(source.FirstLayer, firstLayer);
            var count = Math.Min(source.FirstLayer + source.LayerCount, firstLayer + layerCount) - first;
            if (count <= 0)
                continue;
            yield return new KvTransferSpec
            {
                FirstLayer = first,
                LayerCount = count,
                MaxPositions = expectation.Positions,
                MaxKRowBytes = expectation.MaxRowBytes,
                MaxVRowBytes = expectation.MaxRowBytes,
                MaxTotalBytes = (long)count * expectation.Positions * expectation.MaxRowBytes,
                LeaseSeconds = expectation.LeaseSeconds,
            };
        }
    }

    private static bool IsOver(KvInboundTransfer transfer) => transfer.Completed is { IsCompleted: true, IsCompletedSuccessfully: false };

    private static void Free(KvInboundTransfer transfer)
    {
        transfer.Cancel();
        _ = FreeBlocksAsync(transfer);
    }

    /// <summary>What was complete already is not the port's any more.</summary>
    internal static async Task FreeBlocksAsync(KvInboundTransfer transfer)
    {
        await transfer.Completed.ContinueWith(_ => { }, TaskScheduler.Default);
        if (transfer.Completed.IsCompletedSuccessfully)
            foreach (var block in await transfer.Completed)
                block.Dispose();
    }
}
