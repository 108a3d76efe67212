using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Grains.HandOff;

/// <summary>What a request waits for whose prompt is read elsewhere.</summary>
/// <param name="sources">The stages that will send the cache.</param>
internal sealed class AwaitedKv(ImmutableArray<KvSource> sources)
{
    public ImmutableArray<KvSource> Sources => sources;

    /// <summary>Null before the first, and once it is void or used.</summary>
    public SlotReservation? Current { get; private set; }

    /// <summary>Transfers of the current reservation, one array a stage.</summary>
    public ImmutableArray<ImmutableArray<Guid>> Transfers { get; set; } = [];

    public SlotReservation Begin(KvReservation reservation)
    {
        Current?.Void();
        return Current = new SlotReservation(reservation);
    }

    /// <returns>The transfers that have to be dropped.</returns>
    public ImmutableArray<ImmutableArray<Guid>> End()
    {
        Current?.Void();
        Current = null;
        var transfers = Transfers;
        Transfers = [];
        return transfers;
    }

    /// <exception cref="KvTransferException">It is not, or no longer, the current one.</exception>
    public SlotReservation Find(long openedInStep) => Current is { } current && current.Reservation.StepNumber == openedInStep
        ? current
        : throw new KvTransferException($"The slot of step {openedInStep} no longer waits for a KV cache.");
}
