using E2LLM.Inference.Profiling;

namespace E2LLM.Inference.Tests.Profiling;

/// <summary>Steps of an engine whose calls, layers and head take known times.</summary>
public sealed class StepSamplesTests
{
    private const double CallSeconds = 1e-3;
    private const double LayerSeconds = 5e-3;
    private const double HeadSeconds = 20e-3;

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(3)]
    public void ToTimes_OfAQuietMachine_GivesCallLayersAndHead(int tailLayers)
    {
        var times = Samples(tailLayers, _ => 1).ToTimes();
        Assert.Equal(CallSeconds, times.CallSeconds, 1e-9);
        Assert.All(times.Decode, point => Assert.Equal(LayerSeconds * point.BatchSequences, point.SecondsPerLayer, 1e-9));
        Assert.All(times.Prefill, point => Assert.Equal(LayerSeconds * point.ChunkTokens, point.SecondsPerLayer, 1e-9));
        Assert.All(times.Head, point => Assert.Equal(HeadSeconds * point.Rows, point.Seconds, 1e-9));
    }

    [Fact]
    public void ToTimes_WhereOtherWorkSlowedSomeRounds_IsAsOnAQuietMachine()
    {
        var times = Samples(2, round => round % 3 == 0 ? 4 : 1).ToTimes();
        Assert.Equal(CallSeconds, times.CallSeconds, 1e-9);
        Assert.All(times.Decode, point => Assert.Equal(LayerSeconds * point.BatchSequences, point.SecondsPerLayer, 1e-9));
        Assert.All(times.Head, point => Assert.Equal(HeadSeconds * point.Rows, point.Seconds, 1e-9));
    }

    [Fact]
    public void ToTimes_WhereOtherWorkSlowedEveryRound_IsSlowerAllOver()
    {
        var times = Samples(2, _ => 2).ToTimes();
        Assert.Equal(2 * CallSeconds, times.CallSeconds, 1e-9);
        Assert.All(times.Decode, point => Assert.Equal(2 * LayerSeconds * point.BatchSequences, point.SecondsPerLayer, 1e-9));
        Assert.All(times.Head, point => Assert.Equal(2 * HeadSeconds * point.Rows, point.Seconds, 1e-9));
    }

    [Fact]
    public async Task RunAsync_TakesStepsInTurnAndLeavesTheFirstRoundOut()
    {
        List<string> order = [];
        var cold = true;
        var seconds = await TimedRounds.RunAsync([() => Step("a", cold ? 9 : 0.1), () => Step("b", 0.2)], budgetSeconds: 9.45);
        // 9.2 s go to the first round, 0.3 s to the second, and then the budget is spent.
        Assert.Equal(["a", "b", "a", "b"], order.Take(4));
        Assert.Equal([0.1], seconds[0]);
        Assert.Equal([0.2], seconds[1]);

        Task<double> Step(string name, double takes)
        {
            order.Add(name);
            cold = false;
            return Task.FromResult(takes);
        }
    }

    private static StepSamples Samples(int tailLayers, Func<int, double> slowdown)
    {
        const int layers = 2;
        int[] chunks = [1, 16, 64];
        return new StepSamples
        {
            Layers = layers,
            TailLayers = tailLayers,
            ChunkTokens = [.. chunks],
            Chunks = [.. chunks.Select(rows => Rounds(layers, rows, 0))],
            Batches = [.. ProfilePoints.BatchSequences.Select(rows => Rounds(layers, rows, 0))],
            Tail = [.. ProfilePoints.BatchSequences.Select(rows => Rounds(tailLayers, rows, rows * HeadSeconds))],
            LoneRow = (Rounds(layers, 1, 0), Rounds(1, 1, 0)),
        };

        double[] Rounds(int count, int rows, double headSeconds) =>
            [.. Enumerable.Range(0, 9).Select(round => slowdown(round) * (CallSeconds + count * rows * LayerSeconds + headSeconds))];
    }
}
