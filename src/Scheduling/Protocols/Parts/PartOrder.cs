using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>Puts a part's updates back in order at its reader: none twice, none before the one it follows.</summary>
public sealed class PartOrder
{
    private readonly Dictionary<int, PartUpdate> _early = [];

    /// <summary>Updates that have been given on, from the first without a gap.</summary>
    public int Seen { get; private set; }

    /// <summary>Whether the last update has been given on.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Takes a delivery.</summary>
    /// <param name="from">Number of its first update.</param>
    /// <param name="updates">In order.</param>
    /// <returns>The updates whose turn it is now.</returns>
    public IEnumerable<PartUpdate> Take(int from, ImmutableArray<PartUpdate> updates)
    {
        for (var index = 0; index < updates.Length; index++)
            if (from + index >= Seen)
                _early.TryAdd(from + index, updates[index]);
        List<PartUpdate> due = [];
        while (!HasEnded && _early.Remove(Seen, out var update))
        {
            Seen++;
            HasEnded = update.IsLast;
            due.Add(update);
        }
        return due;
    }
}
