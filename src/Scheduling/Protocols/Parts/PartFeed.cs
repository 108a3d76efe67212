using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>
/// The updates of a part on their way to its reader, as a TCP sender would treat them: numbered, kept until the reader has said that
/// it has them, and sent anew where it has not.
/// </summary>
/// <remarks>
/// | what is lost | what happens |
/// |---|---|
/// | a delivery | its sender hears of a failure (<see cref="Failed"/>), the reader says what it has (<see cref="Seen"/>), the rest goes out anew |
/// | the answer to a delivery | the same; the reader passes over what it has |
/// | what the reader says | it says it again, or a later delivery is confirmed |
/// </remarks>
public sealed class PartFeed
{
    private readonly List<PartUpdate> _updates = [];
    private int _sent;
    private int _deliveries;

    /// <summary>Updates so far.</summary>
    public int Count => _updates.Count;

    /// <summary>Updates that the reader is known to have.</summary>
    public int Confirmed { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>Whether the reader has everything, so that there is nothing left to do.</summary>
    public bool IsOver => HasEnded && Confirmed == _updates.Count;

    /// <summary>Whether there is something to send.</summary>
    public bool IsDue => _sent < _updates.Count;

    public void Append(PartUpdate update)
    {
        if (HasEnded)
            throw new InvalidOperationException("The part has had its last update.");
        _updates.Add(update);
        HasEnded = update.IsLast;
    }

    /// <summary>Takes what has not been sent. Each taking is to be followed by <see cref="Confirm"/> or <see cref="Failed"/>.</summary>
    public (int From, ImmutableArray<PartUpdate> Updates) Take()
    {
        var from = _sent;
        _sent = _updates.Count;
        _deliveries++;
        return (from, [.. _updates.Skip(from)]);
    }

    /// <summary>A delivery has arrived. Where an earlier one is missing, the reader will say so.</summary>
    /// <param name="end">One past its last update.</param>
    /// <param name="from">Number of its first update.</param>
    public void Confirm(int from, int end)
    {
        _deliveries--;
        if (from <= Confirmed)
            Confirmed = Math.Max(Confirmed, Math.Min(end, _updates.Count));
    }

    /// <summary>It is not known whether a delivery has arrived.</summary>
    public void Failed() => _deliveries--;

    /// <summary>The reader has so many updates from the first on. What else was sent, and is not on its way any more, is due again.</summary>
    public void Seen(int count)
    {
        Confirmed = Math.Clamp(count, Confirmed, _updates.Count);
        if (_deliveries == 0)
            _sent = Confirmed;
    }
}
