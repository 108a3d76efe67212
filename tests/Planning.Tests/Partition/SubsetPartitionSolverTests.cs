using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Tests.Partition;

public class SubsetPartitionSolverTests
{
    [Fact]
    public void BottleneckSeconds_EverySubset_EqualsTheBestOrderOfTheFixedOrderSolver()
    {
        var random = new Random(7);
        var fixedOrder = new PartitionSolver();
        for (var instance = 0; instance < 300; instance++)
        {
            var problem = BruteForce.RandomProblem(random, maxDevices: 5, maxLayers: 9);
            var count = problem.DeviceCount;
            var hops = new double[count, count];
            for (var from = 0; from < count; from++)
                for (var to = 0; to < count; to++)
                    hops[from, to] = random.Next(15);
            var solver = new SubsetPartitionSolver(problem, hops);
            for (var subset = 1; subset < 1 << count; subset++)
            {
                var best = double.PositiveInfinity;
                foreach (var order in Orders([.. Enumerable.Range(0, count).Where(device => (subset >> device & 1) != 0)]))
                    best = Math.Min(best, fixedOrder.Solve(InOrder(problem, order, hops), new int[order.Length]));
                Assert.Equal(best, solver.BottleneckSeconds(subset));

                var stages = solver.Partition(subset);
                if (double.IsPositiveInfinity(best))
                {
                    Assert.Empty(stages);
                    continue;
                }
                var reordered = InOrder(problem, [.. stages.Select(stage => stage.Device)], hops);
                Assert.Equal(best, BruteForce.Evaluate(reordered, [.. stages.Select(stage => stage.End)]));
            }
        }
    }

    private static PartitionProblem InOrder(PartitionProblem problem, int[] order, double[,] hops) => new()
    {
        LayerWork = problem.LayerWork,
        LayerBytes = problem.LayerBytes,
        EachStageBytes = problem.EachStageBytes,
        FirstStageBytes = problem.FirstStageBytes,
        LastStageBytes = problem.LastStageBytes,
        Costs = [.. order.Select(device => problem.Costs[device])],
        MemoryBytes = [.. order.Select(device => problem.MemoryBytes[device])],
        HopSeconds = [.. order.Select((device, index) => index == 0 ? 0 : hops[order[index - 1], device])],
    };

    private static IEnumerable<int[]> Orders(int[] devices) => devices.Length <= 1
        ? [devices]
        : devices.SelectMany(first => Orders([.. devices.Where(device => device != first)]).Select(rest => (int[])[first, .. rest]));
}
