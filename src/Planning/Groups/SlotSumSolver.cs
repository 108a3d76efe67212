using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>
/// The least sum of slot times of a group whose stages all stay within a given time: with equal layers the fastest devices are filled
/// first, for each choice of the device with the head and, where it costs a layer, of the one with the embedding. Exact; thread-safe.
/// </summary>
internal sealed class SlotSumSolver(ServingCosts serving)
{
    private readonly int _layers = serving.Fleet.LayerCount;

    /// <summary>The least sum; infinite where no partition stays within <paramref name="seconds"/>.</summary>
    /// <param name="devices">Indices in the fleet; at least two.</param>
    /// <param name="costs">Role and micro-batch size.</param>
    /// <param name="hops">The least hops between them.</param>
    /// <param name="seconds">Limit of each stage and hop.</param>
    /// <param name="counts">Receives the layers of each device, if it is not empty.</param>
    /// <param name="first">Position of the device with the embedding; -1 where there is no partition.</param>
    /// <param name="last">Position of the device with the head; -1 where there is no partition.</param>
    public double Least(
        ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops, double seconds, Span<int> counts, out int first, out int last)
    {
        (first, last) = (-1, -1);
        if (seconds < hops.Seconds)
            return double.PositiveInfinity;
        var count = devices.Length;
        Span<int> inner = stackalloc int[count];
        Span<int> asLast = stackalloc int[count];
        Span<int> order = stackalloc int[count];
        var capacities = costs.Capacities;
        var slots = costs.MaxMicroBatches == int.MaxValue ? costs.Busy : costs.Slot;
        var total = 0;
        var sum = hops.SlotSeconds;
        for (var index = 0; index < count; index++)
        {
            var cost = costs.Busy[devices[index]];
            var room = (seconds - cost.FixedSeconds) / cost.SecondsPerWork;
            inner[index] = Math.Min(Math.Min(capacities.Inner[devices[index]], costs.KvLayersWithin(devices[index], seconds)), capacities.WithinWork(room));
            if (inner[index] < 1)
                return double.PositiveInfinity;
            asLast[index] = Math.Min(
                Math.Min(inner[index], capacities.Last[devices[index]]), capacities.WithinWork(room - cost.HeadSeconds / cost.SecondsPerWork));
            total += inner[index];
            var slot = slots[devices[index]];
            sum += slot.FixedSeconds + slot.SecondsPerWork;
            var at = index;
            while (at > 0 && slots[devices[order[at - 1]]].SecondsPerWork > slot.SecondsPerWork)
                order[at] = order[--at];
            order[at] = index;
        }

        var least = double.PositiveInfinity;
        Span<int> caps = stackalloc int[count];
        Span<int> filled = stackalloc int[count];
        for (var candidate = 0; candidate < count; candidate++)
        {
            if (asLast[candidate] < 1 || total - inner[candidate] + asLast[candidate] < _layers)
                continue;
            inner.CopyTo(caps);
            caps[candidate] = asLast[candidate];
            var head = sum + slots[devices[candidate]].HeadSeconds;
            var candidateSum = head + Fill(devices, slots, order, caps, filled);
            if (candidateSum >= least)
                continue;
            // A device that takes the embedding on top of what it holds anyway costs nothing; else each is tried with its smaller limit.
            var embedding = FreeForEmbedding(devices, capacities, filled, candidate);
            if (embedding < 0)
                (embedding, candidateSum) = PaidEmbedding(devices, slots, capacities, order, inner, caps, filled, candidate, head);
            if (candidateSum >= least)
                continue;
            (least, last, first) = (candidateSum, candidate, embedding);
            caps[first] = Math.Min(inner[first], capacities.First[devices[first]]);
            if (!counts.IsEmpty)
                Fill(devices, slots, order, caps, counts);
        }
        return least;
    }

    /// <summary>
    /// A sum that no cut of unlike layers is below: work is spread without regard to layers, first where it costs least, on each device at most
    /// what it does within the time and what the heaviest layers are that it holds.
    /// </summary>
    public double LeastOfAnyLayers(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops, double seconds)
    {
        if (seconds < hops.Seconds)
            return double.PositiveInfinity;
        Span<(double SecondsPerWork, double Room)> rooms = stackalloc (double, double)[devices.Length];
        var (sum, head, left, least) = (hops.SlotSeconds, double.PositiveInfinity, (double)_layers, costs.Capacities.LeastWork);
        for (var index = 0; index < devices.Length; index++)
        {
            var (cost, slot) = (costs.Busy[devices[index]], costs.Slot[devices[index]]);
            var room = Math.Min((seconds - cost.FixedSeconds) / cost.SecondsPerWork + 1e-9, costs.Capacities.MostWork(costs.Capacities.Inner[devices[index]]));
            if (room < least)
                return double.PositiveInfinity;
            sum += slot.FixedSeconds + least * slot.SecondsPerWork;
            head = Math.Min(head, slot.HeadSeconds);
            left -= least;
            rooms[index] = (slot.SecondsPerWork, room - least);
        }
        rooms.Sort((one, other) => one.SecondsPerWork.CompareTo(other.SecondsPerWork));
        foreach (var (secondsPerWork, room) in rooms)
        {
            var work = Math.Clamp(left, 0, room);
            sum += work * secondsPerWork;
            left -= work;
        }
        return left > 1e-9 ? double.PositiveInfinity : sum + head;
    }

    /// <summary>Gives each device one layer and the rest to the fastest with room; the slot time of the rest, infinite where there is no room.</summary>
    private double Fill(ReadOnlySpan<int> devices, LinearCost[] slots, ReadOnlySpan<int> order, ReadOnlySpan<int> caps, Span<int> filled)
    {
        var (left, seconds) = (_layers - devices.Length, 0.0);
        foreach (var index in order)
        {
            var extra = Math.Min(left, caps[index] - 1);
            filled[index] = 1 + extra;
            seconds += extra * slots[devices[index]].SecondsPerWork;
            left -= extra;
        }
        return left == 0 ? seconds : double.PositiveInfinity;
    }

    private (int Embedding, double Seconds) PaidEmbedding(
        ReadOnlySpan<int> devices, LinearCost[] slots, LayerCapacities capacities, ReadOnlySpan<int> order, ReadOnlySpan<int> inner, Span<int> caps, Span<int> filled,
        int last, double head)
    {
        var (embedding, least) = (-1, double.PositiveInfinity);
        for (var other = 0; other < devices.Length; other++)
        {
            var room = Math.Min(inner[other], capacities.First[devices[other]]);
            if (other == last || room < 1)
                continue;
            caps[other] = room;
            if (head + Fill(devices, slots, order, caps, filled) is var seconds && seconds < least)
                (embedding, least) = (other, seconds);
            caps[other] = inner[other];
        }
        return (embedding, least);
    }

    private static int FreeForEmbedding(ReadOnlySpan<int> devices, LayerCapacities capacities, ReadOnlySpan<int> filled, int last)
    {
        for (var index = 0; index < devices.Length; index++)
            if (index != last && filled[index] <= capacities.First[devices[index]])
                return index;
        return -1;
    }
}
