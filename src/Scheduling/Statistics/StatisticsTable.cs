using System.Globalization;
using E2LLM.Core.Plans;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>
/// The groups of a model's requests: all of them, those of each role, those of each replica of the newest plans, and counts by caller.
/// </summary>
public sealed class StatisticsTable
{
    /// <summary>
    /// Generations of plans whose replicas are kept, of those that served at all; a fleet that is planned anew all day would have no
    /// end of them.
    /// </summary>
    public const int MaxGenerations = 4;

    private readonly Dictionary<(ReplicaRole? Role, string Replica), RequestGroup> _groups = [];
    private readonly CallerTable _callers;
    private readonly CountedRequests _counted;
    private DateTimeOffset? _since;

    public StatisticsTable(StatisticsJournal journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        _since = journal.Since;
        _callers = new CallerTable(journal.Callers, journal.OtherCallers);
        _counted = new CountedRequests(journal.CountedLast);
        foreach (var group in journal.Groups)
            _groups.Add((group.Counts.Role, group.Counts.Replica), new RequestGroup(group));
    }

    /// <summary>Counts a request; one that was counted a short while ago is not counted twice.</summary>
    /// <returns>Whether it was counted.</returns>
    public bool Add(RequestEnd end, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(end);
        if (!_counted.TryAdd(end, now))
            return false;
        _since ??= now;
        _callers.Add(end);
        Group(null, "").Add(end);
        Add(end, end.Role, end.Timeline.Replica);
        Add(end, ReplicaRole.Decoder, end.Timeline.DecoderReplica);
        Forget();
        return true;
    }

    public RequestStatistics ToStatistics() => new()
    {
        Since = _since,
        Whole = Group(null, "").ToStatistics(),
        Roles =
        [
            .. _groups.Values.Where(group => group is { Role: not null, Replica.Length: 0 }).OrderBy(group => group.Role)
                .Select(group => group.ToStatistics()),
        ],
        Replicas =
        [
            .. _groups.Values.Where(group => group.Replica.Length > 0)
                .OrderByDescending(group => Generation(group.Replica)).ThenBy(group => group.Replica, StringComparer.Ordinal).ThenBy(group => group.Role)
                .Select(group => group.ToStatistics()),
        ],
        Callers =
        [
            .. _callers.Callers.OrderByDescending(caller => caller.Requests).ThenBy(caller => caller.CallerId, StringComparer.Ordinal),
        ],
        OtherCallers = _callers.Others,
    };

    public StatisticsJournal ToJournal() => new()
    {
        Since = _since,
        Groups = [.. _groups.Values.Select(group => group.ToJournal())],
        Callers = _callers.Callers,
        OtherCallers = _callers.Others,
        CountedLast = _counted.ToJournal(),
    };

    private void Add(RequestEnd end, ReplicaRole role, string replica)
    {
        if (replica.Length == 0)
            return;
        Group(role, "").Add(end);
        Group(role, replica).Add(end);
    }

    private RequestGroup Group(ReplicaRole? role, string replica)
    {
        if (!_groups.TryGetValue((role, replica), out var group))
            _groups.Add((role, replica), group = new RequestGroup(role, replica));
        return group;
    }

    private void Forget()
    {
        var replicas = _groups.Keys.Where(key => key.Replica.Length > 0).ToLookup(key => Generation(key.Replica));
        foreach (var key in replicas.OrderByDescending(generation => generation.Key).Skip(MaxGenerations).SelectMany(generation => generation))
            _groups.Remove(key);
    }

    /// <summary>3 of "3/r0".</summary>
    private static long Generation(string replica) =>
        long.TryParse(replica.AsSpan(0, Math.Max(0, replica.IndexOf('/'))), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0;
}
