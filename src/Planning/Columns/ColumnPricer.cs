using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Columns;

/// <summary>
/// Looks through all groups of a fleet, by type counts, for those worth more than their devices cost, and for the greatest ratio of
/// worth to cost: the one finds plans, the other proves bounds.
/// </summary>
/// <remarks>
/// A group reaches the request time s exactly when capacities at s cover the model, so for each step of a geometric grid of times the
/// cheapest cover is enough: any group with a time between two steps is worth at most its rate at the lower and costs at least the
/// cheapest cover at the upper. The same holds for the sum of slot times, by a penalty.
/// </remarks>
internal sealed class ColumnPricer
{
    private readonly ServingCosts _serving;
    private readonly EqualLayerSolver _closedForm;
    private readonly int[] _deviceOfType;
    private readonly List<(RoleCosts Costs, double Least)> _configurations = [];

    public ColumnPricer(ServingCosts serving, EqualLayerSolver closedForm)
    {
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
            foreach (var costs in serving.Of(role))
                _configurations.Add((costs, FastestSeconds(costs)));
    }

    public int TypeCount { get; }

    /// <summary>Devices of the fleet, by type.</summary>
    public int[] Counts { get; }

    /// <param name="prices">Cost of a device, by type; above 0.</param>
    /// <param name="worth">Worth of a request per second, by role.</param>
    /// <param name="counts">Devices that there are, by type.</param>
    /// <param name="step">Ratio of two neighbours in the grid.</param>
    /// <param name="collect">Receives a group for each grid point at which one is worth more than it costs; null where the ratio alone is asked for.</param>
    /// <param name="threads">How it runs in parallel.</param>
    /// <returns>A ratio of worth to cost that no group exceeds.</returns>
    public double Price(
        double[] prices, Func<ReplicaRole, double> worth, int[] counts, double step, List<CoverColumn>? collect, ParallelOptions threads)
    {
        var ratios = new double[_configurations.Count];
        var found = new List<CoverColumn>[_configurations.Count];
        Parallel.For(0, _configurations.Count, threads, index =>
        {
            found[index] = [];
            var (costs, least) = _configurations[index];
            ratios[index] = Price(costs, least, prices, worth(costs.Role), counts, step, collect is null ? null : found[index]);
        });
        foreach (var columns in found)
            collect?.AddRange(columns);
        return ratios.Max();
    }

    private double Price(
        RoleCosts costs, double least, double[] prices, double worth, int[] counts, double step, List<CoverColumn>? collect)
    {
        if (worth <= 0)
            return 0;
        var ratio = Singles(costs, prices, worth, counts, collect);
        var knapsack = new CoverKnapsack(_serving, _deviceOfType);
        var slowest = _serving.MaxRequestSeconds(costs, 1) * (1 + 1e-9);
        var cheapest = knapsack.Solve(costs, double.PositiveInfinity, prices, counts, 0);
        if (double.IsPositiveInfinity(cheapest))
            return ratio;
        for (var seconds = least; seconds <= slowest; seconds *= step)
        {
            // Slower groups are worth less, and none costs less than the cheapest.
            if (worth / seconds <= cheapest * Math.Max(ratio, collect is null ? 0 : 1))
                break;
            var enough = worth / seconds / Math.Max(ratio, collect is null ? 1e-12 : 1);
            var cost = knapsack.Solve(costs, Math.Min(seconds * step, slowest) * (1 + 1e-9), prices, counts, enough);
            if (double.IsPositiveInfinity(cost))
                continue;
            ratio = Math.Max(ratio, worth / seconds / cost);
            if (collect is not null && worth / seconds > cost)
                collect.Add(new CoverColumn(costs.Role, knapsack.Solution()));
        }
        return ratio;
    }

    private double Singles(RoleCosts costs, double[] prices, double worth, int[] counts, List<CoverColumn>? collect)
    {
        var ratio = 0.0;
        for (var type = 0; type < TypeCount; type++)
        {
            if (counts[type] == 0)
                continue;
            var seconds = _closedForm.RequestSeconds([_deviceOfType[type]], costs, out _);
            if (double.IsPositiveInfinity(seconds))
                continue;
            ratio = Math.Max(ratio, worth / seconds / prices[type] * (1 + 1e-9));
            if (worth / seconds > prices[type])
                collect?.Add(new CoverColumn(costs.Role, [(type, 1)]));
        }
        return ratio;
    }

    // No group is faster than as many of the fastest devices as there are layers, with work spread evenly.
    private double FastestSeconds(RoleCosts costs)
    {
        var speed = Enumerable.Range(0, _serving.DeviceTypes.Length)
            .Select(device => 1 / costs.Busy[device].SecondsPerWork)
            .OrderDescending()
            .Take(_serving.Fleet.LayerCount)
            .Sum();
        return Math.Max(_serving.Fleet.LayerCount / speed, costs.HopSeconds) * (1 - 1e-9);
    }
}
