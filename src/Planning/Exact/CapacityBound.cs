using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Exact;

/// <summary>
/// The Lagrangian bound on capacity: for any mu in [0, 1] no plan exceeds the maximum over partitions of the sum over groups of
/// max(mu p(S), (1 - mu) d(S), m(S)), because min(P, D) is at most mu P + (1 - mu) D. Of the KV links only each device's own
/// interface counts, as part of the group's rate; what pairs of groups do to each other is left out, which keeps it valid.
/// </summary>
/// <remarks>
/// Rates of all subsets from the closed form (of a larger fleet relaxed where layers or links differ), then best[set] over the groups of the set's lowest
/// device: O(3^(n-1) / 2) for each mu. The bound is convex and piecewise linear in mu: the lines of two partitions, one on either side, meet
/// where to look next (Kelley's cutting planes), and any mu gives a valid bound. What is left of the gap <see cref="PrefillSplits"/> closes.
/// </remarks>
internal sealed class CapacityBound
{
    /// <summary>Devices beyond which 3^n takes too long.</summary>
    public const int MaxDevices = 16;

    // Rates are inflated by this much, so that rounding never makes a bound too small.
    private const double Safety = 1 + 1e-9;
    private const int MaxSteps = 16;
    private const double Precision = 1e-4;

    private readonly int _count;
    private readonly float[] _prefill;
    private readonly float[] _decode;
    private readonly float[] _mixed;
    private readonly float[] _weight;
    private readonly float[] _best;
    private readonly ushort[] _group;
    private readonly bool[] _leftOut;

    public CapacityBound(GroupPlanner planner, ParallelOptions threads)
    {
        var serving = planner.Serving;
        _count = serving.Fleet.DeviceCount;
        var subsets = 1 << _count;
        (_prefill, _decode, _mixed) = (new float[subsets], new float[subsets], new float[subsets]);
        (_weight, _best, _group, _leftOut) = (new float[subsets], new float[subsets], new ushort[subsets], new bool[subsets]);
        Parallel.For(1, subsets, threads, subset =>
        {
            Span<int> devices = stackalloc int[MaxDevices];
            var count = 0;
            for (var set = subset; set != 0; set &= set - 1)
                devices[count++] = int.TrailingZeroCount(set);
            _prefill[subset] = Rate(planner, devices[..count], ReplicaRole.Prefill);
            _decode[subset] = Rate(planner, devices[..count], ReplicaRole.Decoder);
            _mixed[subset] = Rate(planner, devices[..count], ReplicaRole.Mixed);
        });
    }

    /// <summary>The least bound that was found, and the partition of each mu that was tried: good plans, too.</summary>
    public (double Bound, List<List<(int Subset, ReplicaRole Role)>> Partitions) Solve(CancellationToken cancellationToken)
    {
        var partitions = new List<List<(int Subset, ReplicaRole Role)>>();
        var tried = new List<double>();
        var least = double.PositiveInfinity;
        // The partition of a mu is a line below the bound, exact at that mu: prefill at slope 1, decode at 1 - mu, mixed.
        (double AtZero, double AtOne) Line(double mu)
        {
            cancellationToken.ThrowIfCancellationRequested();
            least = Math.Min(least, Fill(mu));
            var groups = Partition(mu);
            partitions.Add(groups);
            tried.Add(mu);
            var mixed = Rates(groups, ReplicaRole.Mixed, _mixed);
            return (Rates(groups, ReplicaRole.Decoder, _decode) + mixed, Rates(groups, ReplicaRole.Prefill, _prefill) + mixed);
        }

        var falling = Line(0);
        var rising = Line(1);
        for (var step = 0; step < MaxSteps; step++)
        {
            var (fall, rise) = (falling.AtZero - falling.AtOne, rising.AtOne - rising.AtZero);
            if (fall <= 0 || rise <= 0)
                break;
            var mu = (falling.AtZero - rising.AtZero) / (fall + rise);
            if (!(mu > 0 && mu < 1))
                break;
            var meeting = falling.AtZero - mu * fall;
            var line = Line(mu);
            if (least <= meeting * (1 + Precision))
                break;
            if (line.AtOne < line.AtZero)
                falling = line;
            else
                rising = line;
        }
        var splits = new PrefillSplits(_prefill, _decode, _mixed, tried, cancellationToken);
        return (Math.Min(least, splits.Bound), [.. partitions, .. splits.Partitions]);
    }

    private static double Rates(List<(int Subset, ReplicaRole Role)> groups, ReplicaRole role, float[] rates) =>
        groups.Where(group => group.Role == role).Sum(group => (double)rates[group.Subset]);

    private double Fill(double mu)
    {
        var subsets = _weight.Length;
        var (forPrefill, forDecode) = ((float)mu, (float)(1 - mu));
        for (var subset = 1; subset < subsets; subset++)
            _weight[subset] = Math.Max(Math.Max(forPrefill * _prefill[subset], forDecode * _decode[subset]), _mixed[subset]);
        // What is left over after a group never has a device before the group's first one: of the sets with device 0 only the whole
        // fleet is asked for. The others are two thirds of the work.
        for (var set = 2; set < subsets; set += 2)
            FillSet(set);
        FillSet(subsets - 1);
        // Single precision halves the table; its rounding, at most n additions, is given back to the bound.
        return _best[subsets - 1] * (1 + 1e-6);
    }

    private void FillSet(int set)
    {
        var lowest = set & -set;
        var rest = set ^ lowest;
        var (best, group) = (_best[rest], 0);
        for (var others = rest; ; others = (others - 1) & rest)
        {
            var weight = _weight[lowest | others];
            if (weight > 0 && weight + _best[rest ^ others] is var candidate && candidate > best)
                (best, group) = (candidate, lowest | others);
            if (others == 0)
                break;
        }
        (_best[set], _group[set], _leftOut[set]) = (best, (ushort)group, group == 0);
    }

    private List<(int Subset, ReplicaRole Role)> Partition(double mu)
    {
        var groups = new List<(int, ReplicaRole)>();
        var set = _weight.Length - 1;
        while (set != 0)
        {
            int group = _group[set];
            if (_leftOut[set])
            {
                set &= set - 1;
                continue;
            }
            var weight = _weight[group];
            var role = weight == _mixed[group] ? ReplicaRole.Mixed
                : weight == (float)mu * _prefill[group] ? ReplicaRole.Prefill
                : ReplicaRole.Decoder;
            groups.Add((group, role));
            set ^= group;
        }
        return groups;
    }

    private static float Rate(GroupPlanner planner, ReadOnlySpan<int> devices, ReplicaRole role) =>
        planner.LeastSeconds(devices, role) is var least && double.IsPositiveInfinity(least) ? 0 : (float)(Safety / least);
}
