namespace E2LLM.Planning.Partition;

/// <summary>
/// The least bottleneck of every subset of a small fleet at once, over all orders and all cuts: order, subset and partition in one
/// dynamic programme (after PipeEdge).
/// </summary>
/// <remarks>
/// best[subset][last][i]: least bottleneck of the first i layers on exactly the devices of the subset, ending on device last.
/// Memory 2^n * n * (layers + 1) doubles, time 2^n * n * layers * (n + layers / 2). Unequal layers and links need no special case.
/// </remarks>
public sealed class SubsetPartitionSolver
{
    /// <summary>Devices beyond which the table would be too large: 4,096 subsets.</summary>
    public const int MaxDevices = 12;

    private readonly PartitionProblem _problem;
    private readonly double[,] _hopSeconds;
    private readonly int _devices;
    private readonly int _layers;
    private readonly double[] _best;

    /// <param name="problem">The devices in any order; its own hops are not read.</param>
    /// <param name="hopSeconds">Seconds of a transfer, [from, to].</param>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxDevices"/> devices.</exception>
    public SubsetPartitionSolver(PartitionProblem problem, double[,] hopSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(problem.DeviceCount, MaxDevices, nameof(problem));
        _problem = problem;
        _hopSeconds = hopSeconds;
        _devices = problem.DeviceCount;
        _layers = problem.LayerCount;
        _best = new double[(1 << _devices) * _devices * (_layers + 1)];
        Array.Fill(_best, double.PositiveInfinity);
        Fill();
    }

    /// <summary>The least bottleneck of a subset, in seconds; positive infinity where it cannot hold the model.</summary>
    public double BottleneckSeconds(int subset)
    {
        var least = double.PositiveInfinity;
        for (var last = 0; last < _devices; last++)
            least = Math.Min(least, _best[Index(subset, last, _layers)]);
        return least;
    }

    /// <summary>A best order of a subset's devices and the end layer of each; empty where it cannot hold the model.</summary>
    public (int Device, int End)[] Partition(int subset)
    {
        var target = BottleneckSeconds(subset);
        if (double.IsPositiveInfinity(target))
            return [];
        var stages = new Stack<(int Device, int End)>();
        var end = _layers;
        var last = Enumerable.Range(0, _devices).First(device => _best[Index(subset, device, end)] == target);
        while (true)
        {
            stages.Push((last, end));
            subset &= ~(1 << last);
            if (subset == 0)
                return [.. stages];
            (last, end) = Previous(subset, last, end, target);
        }
    }

    private (int Device, int End) Previous(int subset, int device, int end, double target)
    {
        for (var first = end - 1; first > 0; first--)
        {
            if (!_problem.MayHold(device, first, end) || _problem.StageSeconds(device, first, end) > target)
                continue;
            for (var last = 0; last < _devices; last++)
                if (_best[Index(subset, last, first)] <= target && _hopSeconds[last, device] <= target)
                    return (last, first);
        }
        throw new InvalidOperationException("The table has no way back from a finite entry.");
    }

    private void Fill()
    {
        var reach = new double[_layers + 1];
        for (var subset = 1; subset < 1 << _devices; subset++)
            for (var device = 0; device < _devices; device++)
                if ((subset >> device & 1) != 0)
                    FillRow(subset, device, reach);
    }

    private void FillRow(int subset, int device, double[] reach)
    {
        var row = _best.AsSpan(Index(subset, device, 0), _layers + 1);
        var rest = subset & ~(1 << device);
        if (rest == 0)
        {
            for (var end = 1; end <= _layers; end++)
                if (_problem.MayHold(device, 0, end))
                    row[end] = _problem.StageSeconds(device, 0, end);
            return;
        }
        // The best way to have the first j layers on the others and the hidden state on its way to this device.
        Array.Fill(reach, double.PositiveInfinity);
        for (var last = 0; last < _devices; last++)
        {
            if ((rest >> last & 1) == 0)
                continue;
            var hop = _hopSeconds[last, device];
            var previous = _best.AsSpan(Index(rest, last, 0), _layers + 1);
            for (var end = 1; end < _layers; end++)
                reach[end] = Math.Min(reach[end], Math.Max(hop, previous[end]));
        }
        for (var end = 2; end <= _layers; end++)
        {
            for (var first = end - 1; first > 0; first--)
            {
                if (!_problem.MayHold(device, first, end))
                    break;
                var stage = _problem.StageSeconds(device, first, end);
                if (stage >= row[end])
                    break;
                row[end] = Math.Min(row[end], Math.Max(reach[first], stage));
            }
        }
    }

    private int Index(int subset, int last, int layers) => (subset * _devices + last) * (_layers + 1) + layers;
}
