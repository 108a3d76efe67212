namespace E2LLM.Scheduling.Protocols.Weights;

/// <summary>
/// Who holds a model's weights. A silo counts for as long as its lease. All have to hold the same model: where they do not, it is the one whose
/// files somebody has whole, of several the first; the others are told. Not thread-safe.
/// </summary>
/// <typeparam name="TOffer">What a silo says of itself.</typeparam>
/// <param name="leaseSeconds">After a silo's last word.</param>
public sealed class HolderTable<TOffer>(double leaseSeconds)
{
    private readonly Dictionary<string, Holder> _holders = [];
    private long _arrivals;

    private sealed record Holder(string Silo, long Incarnation, string Root, bool IsWhole, TOffer Offer, long Arrival, double HeardSeconds);

    /// <summary>A silo offers what it has, and again and again that it is still there.</summary>
    /// <param name="incarnation">Of the silo's process: a later one takes an earlier one's place, and never the other way round.</param>
    /// <returns>The silo whose model it is instead; null: it is this one's, too.</returns>
    public string? Offer(string silo, long incarnation, string root, bool isWhole, TOffer offer, double now)
    {
        Expire(now);
        var before = _holders.GetValueOrDefault(silo);
        if (before is null || before.Incarnation <= incarnation)
        {
            var arrival = before is not null && before.Root == root && before.IsWhole == isWhole ? before.Arrival : _arrivals++;
            _holders[silo] = new Holder(silo, incarnation, root, isWhole, offer, arrival, now);
        }
        return First() is { } first && first.Root != root ? first.Silo : null;
    }

    public void Leave(string silo, long incarnation)
    {
        if (_holders.TryGetValue(silo, out var holder) && holder.Incarnation <= incarnation)
            _holders.Remove(silo);
    }

    /// <summary>The model that it is; null where nobody has any of it.</summary>
    public string? Root(double now)
    {
        Expire(now);
        return First()?.Root;
    }

    /// <summary>Who has any of it: who has all of it first, then in the order in which they came.</summary>
    public IEnumerable<(string Silo, TOffer Offer, double SilentSeconds)> Holders(double now)
    {
        var root = Root(now);
        return _holders.Values.Where(holder => holder.Root == root)
            .OrderBy(holder => !holder.IsWhole).ThenBy(holder => holder.Arrival)
            .Select(holder => (holder.Silo, holder.Offer, now - holder.HeardSeconds));
    }

    private Holder? First() => _holders.Values.OrderBy(holder => !holder.IsWhole).ThenBy(holder => holder.Arrival).FirstOrDefault();

    private void Expire(double now)
    {
        foreach (var gone in _holders.Values.Where(holder => now - holder.HeardSeconds > leaseSeconds).ToArray())
            _holders.Remove(gone.Silo);
    }
}
