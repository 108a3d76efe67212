using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Requests;

public sealed class SlowReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ReaderStopsAfterItsFirstChunk_OthersRunToTheirEndAndItMissesNothing(bool isSplit)
    {
        // One replica that writes answers, two requests at once: a reader that held its request up would hold up half of everything.
        var options = isSplit
            ? SplitFog.Options()
            : Synthetic.Options([[Synthetic.Device("a")], [Synthetic.Device("b")]]) with
            {
                Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", 5)])),
            };
        await using var fog = await TestFog.ServeAsync(options with { Serving = serving => serving.MaxSequences = 2 });
        var slow = Synthetic.Request("slow", maxTokens: 1500);
        await using var reader = fog.Request("slow").RunAsync(slow).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        List<int> tokens = [.. reader.Current.Tokens];

        var others = Enumerable.Range(0, 20).Select(index => Synthetic.Request($"other-{index}", 10 + index, 40, (uint)index)).ToArray();
        var answers = await Task.WhenAll(others.Select(fog.RunAsync));

        for (var index = 0; index < others.Length; index++)
            SplitFog.AssertExact(others[index], answers[index]);
        // Its answer is written to the end and its cells are free, though it has not read on.
        await Leftovers.AssertNothingButPrefixesAsync(fog);
        while (await reader.MoveNextAsync())
            tokens.AddRange(reader.Current.Tokens);
        Assert.Equal(Synthetic.Expected(slow), tokens);
    }
}
