using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>Takes a few groups of a plan apart and puts their devices together again in the best of all ways, the other groups as they are.</summary>
/// <remarks>Best by min(P, D) + M; of equals the one with more P + D, which leaves room for the next step.</remarks>
internal sealed class Regrouping(PlanningContext context, Random random)
{
    /// <summary>All partitions of so many devices, with roles, take a few milliseconds.</summary>
    private const int MaxDevices = 7;

    private readonly GroupPlan?[][] _table = [new GroupPlan?[1 << MaxDevices], new GroupPlan?[1 << MaxDevices], new GroupPlan?[1 << MaxDevices]];
    private readonly List<GroupPlan> _chosen = [];
    private List<GroupPlan> _best = [];
    private (double Capacity, double Balance) _bestRates;

    public List<GroupPlan> Apply(List<GroupPlan> groups)
    {
        var used = groups.SelectMany(group => group.Stages).Select(stage => stage.Device).ToHashSet();
        int[] unused = [.. Enumerable.Range(0, context.Serving.DeviceTypes.Length).Where(device => !used.Contains(device))];
        random.Shuffle(unused);
        int[] order = [.. Enumerable.Range(0, groups.Count)];
        random.Shuffle(order);
        List<int> devices = [.. unused.Take(2)];
        var kept = groups.ToList();
        foreach (var index in order)
        {
            if (devices.Count + groups[index].Stages.Length > MaxDevices)
                continue;
            devices.AddRange(groups[index].Stages.Select(stage => stage.Device));
            kept.Remove(groups[index]);
        }

        var sets = 1 << devices.Count;
        foreach (var role in Enum.GetValues<ReplicaRole>())
            for (var set = 1; set < sets; set++)
                _table[(int)role][set] = context.Groups.Best([.. devices.Where((_, at) => (set >> at & 1) != 0)], role);
        double Sum(ReplicaRole role) => kept.Where(group => group.Role == role).Sum(group => group.RequestsPerSecond);
        _bestRates = (-1, -1);
        Search(sets - 1, Sum(ReplicaRole.Prefill), Sum(ReplicaRole.Decoder), Sum(ReplicaRole.Mixed));
        return [.. kept, .. _best];
    }

    private void Search(int free, double prefill, double decode, double mixed)
    {
        if (free == 0)
        {
            var rates = (Math.Min(prefill, decode) + mixed, prefill + decode);
            if (rates.CompareTo(_bestRates) > 0)
                (_best, _bestRates) = ([.. _chosen], rates);
            return;
        }
        var lowest = free & -free;
        var rest = free ^ lowest;
        Search(rest, prefill, decode, mixed);
        for (var others = rest; ; others = (others - 1) & rest)
        {
            var group = lowest | others;
            Try(ReplicaRole.Prefill, group, free, prefill, decode, mixed);
            Try(ReplicaRole.Decoder, group, free, prefill, decode, mixed);
            Try(ReplicaRole.Mixed, group, free, prefill, decode, mixed);
            if (others == 0)
                break;
        }
    }

    private void Try(ReplicaRole role, int group, int free, double prefill, double decode, double mixed)
    {
        if (_table[(int)role][group] is not { } plan)
            return;
        _chosen.Add(plan);
        var rate = plan.RequestsPerSecond;
        Search(
            free ^ group,
            role == ReplicaRole.Prefill ? prefill + rate : prefill,
            role == ReplicaRole.Decoder ? decode + rate : decode,
            role == ReplicaRole.Mixed ? mixed + rate : mixed);
        _chosen.RemoveAt(_chosen.Count - 1);
    }
}
