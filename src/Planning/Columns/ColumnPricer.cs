using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Columns;

/// <summary>
/// Looks through all groups of a fleet, by type counts, for those worth more than their devices cost, and for the greatest ratio of
/// worth to cost: the one finds plans, the other proves bounds.
/// </summary>
/// <remarks>
/// A group reaches the request time s exactly when capacities at s cover the model, so for each interval of times the cheapest cover is
/// enough: any group with a time within is worth at most its rate at the lower end and costs at least the cheapest cover at the upper; an
/// interval for which that is not enough is halved, down to a step. The same holds for the sum of slot times, by a penalty. Micro-batch sizes are looked at in halves: one whose
/// least costs give no group a higher ratio than is known needs no closer look.
/// </remarks>
internal sealed class ColumnPricer
{
    /// <summary>Trees that are searched in parallel, for each role; the prices do not depend on how many threads take part.</summary>
    private const int Depth = 2;

    private const double CoarsestStep = 2;

    private readonly ServingCosts _serving;
    private readonly EqualLayerSolver _closedForm;
    private readonly int _leastDevices;
    private readonly int[] _deviceOfType;
    private readonly List<SizeTree> _trees = [];
    private readonly Dictionary<RoleCosts, double> _least = new(ReferenceEqualityComparer.Instance);

    /// <param name="serving">The request.</param>
    /// <param name="closedForm">Prices single devices.</param>
    /// <param name="leastDevices">Groups of fewer devices are the caller's affair.</param>
    public ColumnPricer(ServingCosts serving, EqualLayerSolver closedForm, int leastDevices)
    {
        _leastDevices = leastDevices;
        _serving = serving;
        _closedForm = closedForm;
        TypeCount = serving.DeviceTypes.Max() + 1;
        Counts = new int[TypeCount];
        _deviceOfType = new int[TypeCount];
        for (var device = serving.DeviceTypes.Length - 1; device >= 0; device--)
        {
            Counts[serving.DeviceTypes[device]]++;
            _deviceOfType[serving.DeviceTypes[device]] = device;
        }
        foreach (var role in Enum.GetValues<ReplicaRole>())
            AddTrees(serving.Tree(role), Depth);
    }

    public int TypeCount { get; }

    /// <summary>Devices of the fleet, by type.</summary>
    public int[] Counts { get; }

    /// <summary>Adds a group for each grid point at which one is worth more than it costs.</summary>
    /// <param name="prices">Cost of a device, by type; above 0.</param>
    /// <param name="worth">Worth of a request per second, by role.</param>
    /// <param name="counts">Devices that there are, by type.</param>
    /// <param name="step">Ratio of the ends of the shortest interval.</param>
    /// <param name="threads">How it runs in parallel.</param>
    public List<CoverColumn> Collect(double[] prices, Func<ReplicaRole, double> worth, int[] counts, double step, ParallelOptions threads)
    {
        var found = new List<CoverColumn>[_trees.Count];
        Parallel.For(0, _trees.Count, threads, index =>
        {
            found[index] = [];
            var search = new Search(this, prices, worth(_trees[index].Costs.Role), counts, step);
            if (search.Worth > 0)
                Collect(search, _trees[index], found[index]);
        });
        return [.. found.SelectMany(columns => columns)];
    }

    /// <summary>A ratio of worth to cost that no group exceeds.</summary>
    /// <param name="known">A ratio that some group has: what is not above it is not looked at closely.</param>
    public double MostRatio(double[] prices, Func<ReplicaRole, double> worth, int[] counts, double step, double known, ParallelOptions threads)
    {
        var ratios = new double[_trees.Count];
        Parallel.For(0, _trees.Count, threads, index =>
        {
            var search = new Search(this, prices, worth(_trees[index].Costs.Role), counts, step);
            ratios[index] = search.Worth > 0 ? MostRatio(search, _trees[index], known) : known;
        });
        return ratios.Max();
    }

    private void AddTrees(SizeTree tree, int depth)
    {
        if (depth == 0 || tree.Halves.Length == 0)
        {
            _trees.Add(tree);
            AddLeast(tree);
            return;
        }
        foreach (var half in tree.Halves)
            AddTrees(half, depth - 1);
    }

    private void AddLeast(SizeTree tree)
    {
        _least.Add(tree.Costs, FastestSeconds(tree.Costs));
        foreach (var half in tree.Halves)
            AddLeast(half);
    }

    private static void Collect(Search search, SizeTree node, List<CoverColumn> columns)
    {
        if (node.Halves.Length == 0)
        {
            search.Ratio(node.Costs, 1, columns);
            return;
        }
        // One group with a ratio above 1 is enough to look at both halves.
        if (search.Ratio(node.Costs, 1, columns: null, enough: 1) <= 1)
            return;
        foreach (var half in node.Halves)
            Collect(search, half, columns);
    }

    private static double MostRatio(Search search, SizeTree node, double known)
    {
        var ratio = search.Ratio(node.Costs, known, columns: null, node.Halves.Length == 0 ? double.PositiveInfinity : known);
        if (ratio <= known || node.Halves.Length == 0)
            return ratio;
        foreach (var half in node.Halves)
            known = MostRatio(search, half, known);
        return known;
    }

    // No group is faster than as many of the fastest devices as there are layers, with work spread evenly.
    private double FastestSeconds(RoleCosts costs)
    {
        var speed = Enumerable.Range(0, _serving.DeviceTypes.Length)
            .Select(device => 1 / costs.Busy[device].SecondsPerWork)
            .OrderDescending()
            .Take(_serving.Fleet.LayerCount)
            .Sum();
        return _serving.Fleet.LayerCount / speed * (1 - 1e-9);
    }

    /// <summary>The prices of one call, with a knapsack of its own.</summary>
    private sealed class Search(ColumnPricer pricer, double[] prices, double worth, int[] counts, double step)
    {
        private readonly CoverKnapsack _knapsack = new(pricer._serving, pricer._deviceOfType, pricer._leastDevices);

        public double Worth => worth;

        /// <summary>
        /// A ratio that no group of enough devices exceeds with these costs, or <paramref name="known"/> where that is more; any above
        /// <paramref name="enough"/> as soon as it is found.
        /// </summary>
        public double Ratio(RoleCosts costs, double known, List<CoverColumn>? columns, double enough = double.PositiveInfinity)
        {
            var ratio = pricer._leastDevices > 1 ? known : Singles(costs, known, columns);
            if (ratio > enough)
                return ratio;
            var slowest = pricer._serving.MaxRequestSeconds(costs, 1) * costs.MicroBatchSequences / costs.LeastSequences * (1 + 1e-9);
            var cheapest = _knapsack.Solve(costs, double.PositiveInfinity, prices, counts, double.PositiveInfinity);
            if (double.IsPositiveInfinity(cheapest) || known <= 0)
                return ratio;
            // Slower groups are worth less, and none costs less than the cheapest.
            for (var seconds = pricer._least[costs]; seconds <= slowest && worth / seconds > cheapest * known && ratio <= enough; seconds *= CoarsestStep)
                Interval(costs, seconds, Math.Min(seconds * CoarsestStep, slowest * step), known, columns, enough, ref ratio);
            return ratio;
        }

        // Times from low to high: as one where even the worth at the low costs more at the high, else by halves down to the step.
        private void Interval(RoleCosts costs, double low, double high, double known, List<CoverColumn>? columns, double enough, ref double ratio)
        {
            var threshold = columns is null ? ratio : known;
            var cost = _knapsack.Solve(costs, high * (1 + 1e-9), prices, counts, worth / low / threshold);
            if (double.IsPositiveInfinity(cost) || worth / low <= cost * threshold)
                return;
            if (high > low * step)
            {
                var middle = Math.Sqrt(low * high);
                Interval(costs, low, middle, known, columns, enough, ref ratio);
                if (ratio <= enough)
                    Interval(costs, middle, high, known, columns, enough, ref ratio);
                return;
            }
            ratio = Math.Max(ratio, worth / low / cost);
            columns?.Add(new CoverColumn(costs.Role, _knapsack.Solution()));
        }

        private double Singles(RoleCosts costs, double known, List<CoverColumn>? columns)
        {
            var ratio = known;
            for (var type = 0; type < counts.Length; type++)
            {
                if (counts[type] == 0)
                    continue;
                var seconds = pricer._closedForm.RequestSeconds([pricer._deviceOfType[type]], costs, out _);
                if (double.IsPositiveInfinity(seconds))
                    continue;
                ratio = Math.Max(ratio, worth / seconds / prices[type] * (1 + 1e-9));
                if (worth / seconds > prices[type] * known)
                    columns?.Add(new CoverColumn(costs.Role, [(type, 1)]));
            }
            return ratio;
        }
    }
}
