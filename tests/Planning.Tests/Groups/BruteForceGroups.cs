using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Tests.Groups;

/// <summary>Every order, every cut, every micro-batch size and count of a group.</summary>
internal static class BruteForceGroups
{
    public static double LeastRequestSeconds(ServingCosts serving, GroupEvaluator evaluator, int[] devices, ReplicaRole role)
    {
        var least = double.PositiveInfinity;
        foreach (var stages in Partitions(devices, serving.Fleet.LayerCount))
            foreach (var costs in serving.Of(role))
                if (evaluator.Evaluate(stages, costs, costs.MaxMicroBatches) is { } plan)
                    least = Math.Min(least, plan.RequestSeconds);
        return least;
    }

    public static IEnumerable<(int Device, int End)[]> Partitions(int[] devices, int layers) =>
        Orders(devices).SelectMany(order => Cuts(order.Length, layers).Select(ends => order.Zip(ends).ToArray()));

    private static IEnumerable<int[]> Orders(int[] devices) => devices.Length <= 1
        ? [devices]
        : devices.SelectMany(first => Orders([.. devices.Where(device => device != first)]).Select(rest => (int[])[first, .. rest]));

    private static IEnumerable<int[]> Cuts(int stages, int layers) => stages == 1
        ? [[layers]]
        : Enumerable.Range(stages - 1, Math.Max(0, layers - stages + 1))
            .SelectMany(end => Cuts(stages - 1, end).Select(before => (int[])[.. before, layers]));
}
