using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Tests.Partition;

public class PartitionSolverTests
{
    [Fact]
    public void Solve_RandomInstances_EqualsBruteForceAndReconstructsIt()
    {
        var random = new Random(20260101);
        var solver = new PartitionSolver();
        var solvable = 0;
        for (var instance = 0; instance < 4000; instance++)
        {
            var problem = BruteForce.RandomProblem(random);
            var ends = new int[problem.DeviceCount];
            var bottleneck = solver.Solve(problem, ends);
            Assert.Equal(BruteForce.Bottleneck(problem), bottleneck);
            if (double.IsPositiveInfinity(bottleneck))
                continue;
            solvable++;
            Assert.Equal(bottleneck, BruteForce.Evaluate(problem, ends));
        }
        Assert.InRange(solvable, 1000, 3500);
    }

    [Fact]
    public void Solve_MoreDevicesThanLayers_HasNoPartition()
    {
        var problem = Equal(layers: 2, memory: [100, 100, 100]);
        Assert.Equal(double.PositiveInfinity, new PartitionSolver().Solve(problem, new int[3]));
    }

    [Fact]
    public void Solve_SpanOfAnotherLength_IsMisuse() =>
        Assert.Throws<ArgumentException>(() => new PartitionSolver().Solve(Equal(layers: 2, memory: [100]), new int[2]));

    [Fact]
    public void Solve_HeadOnTheLastStage_GivesItFewerLayers()
    {
        var problem = Equal(layers: 6, memory: [100, 100], headSeconds: 2);
        var ends = new int[2];
        Assert.Equal(4, new PartitionSolver().Solve(problem, ends));
        Assert.Equal([4, 6], ends);
    }

    [Fact]
    public void Solve_SlowHop_IsTheBottleneck()
    {
        var problem = Equal(layers: 4, memory: [100, 100], hopSeconds: 9);
        Assert.Equal(9, new PartitionSolver().Solve(problem, new int[2]));
    }

    private static PartitionProblem Equal(int layers, long[] memory, double headSeconds = 0, double hopSeconds = 0) => new()
    {
        LayerWork = [.. Enumerable.Range(0, layers + 1).Select(layer => (double)layer)],
        LayerBytes = [.. Enumerable.Range(0, layers + 1).Select(layer => 10L * layer)],
        Costs = [.. memory.Select(_ => new LinearCost(0, 1, headSeconds))],
        MemoryBytes = memory,
        HopSeconds = [.. memory.Select(_ => hopSeconds)],
    };
}
