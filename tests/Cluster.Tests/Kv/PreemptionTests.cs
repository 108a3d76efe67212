using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Cluster.Tests.Kv;

/// <summary>Optimistic reservation with few cells: requests lose their slots, are read again, and nobody can tell from the answers.</summary>
public sealed class PreemptionTests
{
    private static readonly Action<ServingOptions> FewCells = serving =>
    {
        (serving.MaxSequences, serving.MaxStepTokens, serving.KvCells, serving.MaxSequenceTokens) = (8, 16, 200, 120);
        (serving.CellReservation, serving.CellMarginTokens) = (CellReservation.Optimistic, 4);
    };

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task Run_CellsShortUnderLoad_PreemptsAndEveryAnswerIsExact(bool isSplit, int seed)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit, FewCells));
        var random = new Random(seed);
        var requests = Enumerable.Range(0, 40).Select(index => (
            Request: Synthetic.Request($"o{index}", 1 + random.Next(20), 40 + random.Next(50), (uint)index),
            CancelAfterTokens: index % 4 == 0 ? random.Next(40) : (int?)null)).ToArray();

        await Task.WhenAll(requests.Select(item => RandomReader.RunAsync(fog, item.Request, item.CancelAfterTokens)));

        await Leftovers.AssertNothingButPrefixesAsync(fog);
        var writer = (await fog.AllDrainedAsync())[^1];
        Assert.True(writer.Preemptions > 0, "nobody was preempted");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_WholeAnswersReserved_PreemptsNobody(bool isSplit)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit, serving =>
        {
            FewCells(serving);
            serving.CellReservation = CellReservation.WholeAnswer;
        }));
        var requests = Enumerable.Range(0, 20).Select(index => Synthetic.Request($"w{index}", 1 + index, 60, (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        Assert.All(await fog.AllDrainedAsync(), replica => Assert.Equal(0, replica.Preemptions));
    }

    private static TestFogOptions Options(bool isSplit, Action<ServingOptions> serving) => isSplit
        ? SplitFog.Options(serving: serving)
        : Synthetic.Options([[Synthetic.Device("a")], [Synthetic.Device("b")]]) with
        {
            Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", 5)])),
            Serving = serving,
        };
}
