using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Tests.Partition;

/// <summary>Tries every cut; and random instances to try it on.</summary>
internal static class BruteForce
{
    /// <summary>The least bottleneck over all cuts for devices in the given order, by recursion.</summary>
    public static double Bottleneck(PartitionProblem problem, int device = 0, int first = 0)
    {
        var isLast = device == problem.DeviceCount - 1;
        var least = double.PositiveInfinity;
        for (var end = isLast ? problem.LayerCount : first + 1; end <= (isLast ? problem.LayerCount : problem.LayerCount - 1); end++)
        {
            if (end <= first || problem.StageBytes(first, end) > problem.MemoryBytes[device])
                continue;
            var stage = Math.Max(problem.StageSeconds(device, first, end), device == 0 ? 0 : problem.HopSeconds[device]);
            var rest = isLast ? 0 : Bottleneck(problem, device + 1, end);
            least = Math.Min(least, Math.Max(stage, rest));
        }
        return least;
    }

    /// <summary>The bottleneck of a given partition; infinite where it does not fit.</summary>
    public static double Evaluate(PartitionProblem problem, ReadOnlySpan<int> ends)
    {
        var (first, worst) = (0, 0.0);
        for (var device = 0; device < problem.DeviceCount; device++)
        {
            if (ends[device] <= first || problem.StageBytes(first, ends[device]) > problem.MemoryBytes[device])
                return double.PositiveInfinity;
            worst = Math.Max(worst, problem.StageSeconds(device, first, ends[device]));
            worst = Math.Max(worst, device == 0 ? 0 : problem.HopSeconds[device]);
            first = ends[device];
        }
        return first == problem.LayerCount ? worst : double.PositiveInfinity;
    }

    /// <summary>Up to 6 devices and 12 layers; half of the instances have equal layers, memory binds in most, some have no solution.</summary>
    public static PartitionProblem RandomProblem(Random random, int maxDevices = 6, int maxLayers = 12)
    {
        var devices = random.Next(1, maxDevices + 1);
        var layers = random.Next(1, maxLayers + 1);
        var equal = random.Next(2) == 0;
        var work = new double[layers + 1];
        var bytes = new long[layers + 1];
        for (var layer = 0; layer < layers; layer++)
        {
            work[layer + 1] = work[layer] + (equal ? 1 : random.Next(1, 6));
            bytes[layer + 1] = bytes[layer] + (equal ? 10 : random.Next(1, 30));
        }
        var need = bytes[layers] / (double)devices;
        return new PartitionProblem
        {
            LayerWork = work,
            LayerBytes = bytes,
            EachStageBytes = random.Next(5),
            FirstStageBytes = random.Next(20),
            LastStageBytes = random.Next(20),
            Costs = [.. Enumerable.Range(0, devices).Select(_ => new LinearCost(random.Next(3), random.Next(1, 10), random.Next(8)))],
            MemoryBytes = [.. Enumerable.Range(0, devices).Select(_ => (long)(need * (0.5 + 2 * random.NextDouble())) + 20)],
            HopSeconds = [.. Enumerable.Range(0, devices).Select(_ => (double)random.Next(20))],
        };
    }
}
