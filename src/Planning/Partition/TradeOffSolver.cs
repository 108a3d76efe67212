
namespace E2LLM.Planning.Partition;

/// <summary>
/// Every trade-off between the bottleneck and the sum of slot times of every subset of a small fleet, over all orders and all cuts: with few
/// micro-batches the rate depends on both, and the partition of the least bottleneck need not be the best.
/// </summary>
/// <remarks>
/// The dynamic programme of <see cref="SubsetPartitionSolver"/> with a list of labels in place of one number: those of which no other has both a
/// lower bottleneck and a lower sum. A bottleneck below what all subsets with these devices have in the end is raised to that, and a label
/// that is above what a known partition of each of them reaches is dropped: so the lists stay short.
/// </remarks>
internal sealed class TradeOffSolver
{
    /// <summary>States of the table, subsets * devices * layers, up to which it takes well under a second.</summary>
    public const int MaxStates = 40_000;

    private readonly TradeOffProblem _problem;
    private readonly int _devices;
    private readonly int _layers;
    private readonly List<Label>?[] _labels;

    private readonly record struct Label(double Bottleneck, double Sum, int PreviousState, int PreviousLabel);

    public TradeOffSolver(TradeOffProblem problem)
    {
        _problem = problem;
        (_devices, _layers) = (problem.Partition.DeviceCount, problem.Partition.LayerCount);
        _labels = new List<Label>[(1 << _devices) * _devices * (_layers + 1)];
        for (var subset = 1; subset < 1 << _devices; subset++)
            if (double.IsFinite(problem.LeastBottleneck[subset]))
                for (var device = 0; device < _devices; device++)
                    if ((subset >> device & 1) != 0)
                        Fill(subset, device);
    }

    public static bool IsSmall(int devices, int layers) => devices <= 10 && (1 << devices) * devices * (layers + 1) <= MaxStates;

    /// <summary>The partitions of a subset of which none has both a lower bottleneck and a lower sum than another, but for equals.</summary>
    public IEnumerable<(int Device, int End)[]> Partitions(int subset)
    {
        for (var last = 0; last < _devices; last++)
        {
            var state = State(subset, last, _layers);
            for (var label = 0; label < (_labels[state]?.Count ?? 0); label++)
                yield return Trace(state, label);
        }
    }

    private (int Device, int End)[] Trace(int state, int label)
    {
        var stages = new Stack<(int, int)>();
        while (state >= 0)
        {
            stages.Push((state / (_layers + 1) % _devices, state % (_layers + 1)));
            (_, _, state, label) = _labels[state]![label];
        }
        return [.. stages];
    }

    private void Fill(int subset, int device)
    {
        var rest = subset & ~(1 << device);
        if (rest == 0)
        {
            Extend(subset, device, 0, -1, -1, 0, 0);
            return;
        }
        for (var last = 0; last < _devices; last++)
        {
            if ((rest >> last & 1) == 0)
                continue;
            var (hop, slotHop) = (_problem.HopSeconds[last, device], _problem.SlotHopSeconds[last, device]);
            for (var first = 1; first < _layers; first++)
            {
                var state = State(rest, last, first);
                for (var label = 0; label < (_labels[state]?.Count ?? 0); label++)
                    Extend(subset, device, first, state, label, Math.Max(_labels[state]![label].Bottleneck, hop), _labels[state]![label].Sum + slotHop);
            }
        }
    }

    private void Extend(int subset, int device, int first, int state, int label, double bottleneck, double sum)
    {
        var partition = _problem.Partition;
        bottleneck = Math.Max(bottleneck, _problem.LeastBottleneck[subset]);
        for (var end = first + 1; end <= _layers && partition.MayHold(device, first, end); end++)
        {
            var seconds = Math.Max(bottleneck, partition.StageSeconds(device, first, end));
            var slots = sum + _problem.Slots[device].Seconds(partition.LayerWork[end] - partition.LayerWork[first], end == _layers);
            if (seconds > _problem.MostBottleneck[subset] || slots > _problem.MostSum[subset])
                break;
            Insert(State(subset, device, end), new Label(seconds, slots, state, label));
        }
    }

    private void Insert(int state, Label added)
    {
        var labels = _labels[state] ??= [];
        foreach (var label in labels)
            if (label.Bottleneck <= added.Bottleneck && label.Sum <= added.Sum)
                return;
        labels.RemoveAll(label => added.Bottleneck <= label.Bottleneck && added.Sum <= label.Sum);
        labels.Add(added);
    }

    private int State(int subset, int last, int layers) => (subset * _devices + last) * (_layers + 1) + layers;
}
