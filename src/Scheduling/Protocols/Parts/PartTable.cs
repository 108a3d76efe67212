using System.Collections.Immutable;

namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>
/// The parts that a replica runs for its readers, and those that have ended and whose last updates have yet to arrive. A reader says,
/// time and again, which parts it wants; that renews their leases, ends those that it no longer wants, and has sent anew what it lacks.
/// </summary>
public sealed class PartTable
{
    private readonly Dictionary<(string Reader, long Ticket), PartState> _parts = [];
    private readonly Dictionary<string, PartState> _running = [];
    private readonly HashSet<PartState> _due = [];

    /// <summary>Parts that have not ended.</summary>
    public IReadOnlyCollection<PartState> Running => _running.Values;

    /// <summary>Readers of the parts that are known, ended ones among them.</summary>
    public IEnumerable<string> Readers => _parts.Keys.Select(part => part.Reader).Distinct();

    public PartState? FindRunning(string requestId) => _running.GetValueOrDefault(requestId);

    public PartState? Find(string readerId, long ticket) => _parts.GetValueOrDefault((readerId, ticket));

    public void Add(PartState part)
    {
        _running.Add(part.RequestId, part);
        _parts.Add((part.ReaderId, part.Ticket), part);
    }

    /// <summary>To be called after every update that a part gets.</summary>
    public void OnUpdated(PartState part)
    {
        _due.Add(part);
        if (part.Feed.HasEnded)
            _running.Remove(part.RequestId);
    }

    /// <summary>Forgets a part that nobody wants any more.</summary>
    public void Remove(PartState part)
    {
        if (_running.GetValueOrDefault(part.RequestId) == part)
            _running.Remove(part.RequestId);
        _parts.Remove((part.ReaderId, part.Ticket));
        _due.Remove(part);
    }

    /// <summary>Takes what is due, by reader.</summary>
    public IEnumerable<(string ReaderId, ImmutableArray<PartSending> Sendings)> TakeDue()
    {
        if (_due.Count == 0)
            return [];
        var due = _due.Where(part => part.Feed.IsDue).GroupBy(part => part.ReaderId)
            .Select(reader => (reader.Key, reader.Select(PartSending.Take).ToImmutableArray())).ToArray();
        _due.Clear();
        return due;
    }

    /// <summary>A delivery has arrived; parts whose readers have everything are forgotten.</summary>
    public void Confirm(ImmutableArray<PartSending> sendings)
    {
        foreach (var sending in sendings)
        {
            sending.Part.Feed.Confirm(sending.From, sending.From + sending.Updates.Length);
            if (sending.Part.Feed.IsOver)
                Remove(sending.Part);
        }
    }

    /// <summary>It is not known whether a delivery has arrived: its updates are sent anew when the reader says that it lacks them.</summary>
    public static void Failed(ImmutableArray<PartSending> sendings)
    {
        foreach (var sending in sendings)
            sending.Part.Feed.Failed();
    }

    /// <summary>A reader says what it wants.</summary>
    /// <param name="readerId">Who says so.</param>
    /// <param name="nextTicket">It knew of parts below this ticket when it said so.</param>
    /// <param name="seen">By ticket, how many updates of each part it has.</param>
    /// <param name="nowSeconds">Renews the leases of these parts.</param>
    /// <returns>Tickets that are not known here, and parts that are no longer wanted: the caller ends these and removes them.</returns>
    public (ImmutableArray<long> Unknown, ImmutableArray<PartState> Unwanted) Want(
        string readerId, long nextTicket, IReadOnlyDictionary<long, int> seen, double nowSeconds)
    {
        foreach (var (ticket, updates) in seen)
        {
            if (Find(readerId, ticket) is not { } part)
                continue;
            part.HeardSeconds = nowSeconds;
            part.Feed.Seen(updates);
            if (part.Feed.IsDue)
                _due.Add(part);
        }
        return (
            [.. seen.Keys.Where(ticket => !_parts.ContainsKey((readerId, ticket)))],
            [.. _parts.Values.Where(part => part.ReaderId == readerId && part.Ticket < nextTicket && !seen.ContainsKey(part.Ticket))]);
    }

    /// <summary>Parts whose readers have been silent for a lease.</summary>
    public ImmutableArray<PartState> Abandoned(double leaseSeconds, double nowSeconds) =>
        [.. _parts.Values.Where(part => nowSeconds - part.HeardSeconds > leaseSeconds)];
}
