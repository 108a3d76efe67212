using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Columns;

/// <summary>Every kind of group of a few devices with its rate: most of a plan's groups are small, and these are priced at a glance and exactly.</summary>
internal sealed class SmallGroups
{
    private const int MaxGroups = 60_000;
    private const int MaxDevices = 5;

    private readonly List<(int Type, int Count)[]> _counts = [];
    private readonly double[][] _rates;

    /// <param name="planner">The request.</param>
    /// <param name="devicesOfType">The devices of each type.</param>
    /// <param name="threads">How it runs in parallel.</param>
    public SmallGroups(GroupPlanner planner, int[][] devicesOfType, ParallelOptions threads)
    {
        int[] counts = [.. devicesOfType.Select(devices => devices.Length)];
        while (Devices < Math.Min(MaxDevices, planner.Serving.Fleet.LayerCount) && Count(counts, Devices + 1) <= MaxGroups)
            Devices++;
        Add(counts, 0, Devices, []);
        var roles = Enum.GetValues<ReplicaRole>();
        _rates = [.. roles.Select(_ => new double[_counts.Count])];
        Parallel.For(0, _counts.Count, threads, index =>
        {
            int[] devices = [.. _counts[index].SelectMany(entry => devicesOfType[entry.Type].Take(entry.Count))];
            // A bound on the rate where layers or links differ.
            foreach (var role in roles)
                _rates[(int)role][index] = 1 / planner.LeastSeconds(devices, role);
        });
    }

    /// <summary>All groups of so many devices, or fewer, are here.</summary>
    public int Devices { get; private set; }

    /// <summary>The groups with the highest ratio of worth to cost, of those above 1, best first.</summary>
    public List<CoverColumn> Collect(double[] prices, Func<ReplicaRole, double> worth, int[] counts, int most, Func<ReplicaRole, (int Type, int Count)[], double, bool> isWanted)
    {
        var found = new List<(double Ratio, ReplicaRole Role, int Index)>();
        for (var index = 0; index < _counts.Count; index++)
        {
            var price = Price(index, prices);
            foreach (var role in Enum.GetValues<ReplicaRole>())
                if (worth(role) * _rates[(int)role][index] / price is > 1 + 1e-7 and var ratio && Array.TrueForAll(_counts[index], entry => entry.Count <= counts[entry.Type]) && isWanted(role, _counts[index], _rates[(int)role][index]))
                    found.Add((ratio, role, index));
        }
        found.Sort((left, right) => left.Ratio != right.Ratio ? right.Ratio.CompareTo(left.Ratio) : (left.Role, left.Index).CompareTo((right.Role, right.Index)));
        return [.. found.Take(most).Select(entry => new CoverColumn(entry.Role, _counts[entry.Index]))];
    }

    /// <summary>A ratio of worth to cost that none of the groups exceeds.</summary>
    public double MostRatio(double[] prices, Func<ReplicaRole, double> worth)
    {
        var most = 0.0;
        for (var index = 0; index < _counts.Count; index++)
        {
            var price = Price(index, prices);
            foreach (var role in Enum.GetValues<ReplicaRole>())
                most = Math.Max(most, worth(role) * _rates[(int)role][index] / price);
        }
        return most * (1 + 1e-9);
    }

    private double Price(int index, double[] prices)
    {
        var price = 0.0;
        foreach (var (type, count) in _counts[index])
            price += count * prices[type];
        return price;
    }

    // Multisets of at most so many devices.
    private static double Count(int[] counts, int devices)
    {
        var ways = new double[devices + 1];
        ways[0] = 1;
        foreach (var count in counts)
            for (var total = devices; total > 0; total--)
                for (var taken = 1; taken <= Math.Min(count, total); taken++)
                    ways[total] += ways[total - taken];
        return ways.Sum() - 1;
    }

    private void Add(int[] counts, int type, int left, List<(int Type, int Count)> chosen)
    {
        if (type == counts.Length || left == 0)
        {
            if (chosen.Count > 0)
                _counts.Add([.. chosen]);
            return;
        }
        Add(counts, type + 1, left, chosen);
        for (var count = 1; count <= Math.Min(left, counts[type]); count++)
        {
            chosen.Add((type, count));
            Add(counts, type + 1, left - count, chosen);
            chosen.RemoveAt(chosen.Count - 1);
        }
    }
}
