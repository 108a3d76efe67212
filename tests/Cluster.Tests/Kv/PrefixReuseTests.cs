using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Kv;

/// <summary>Prompts that begin alike, on replicas that read them: shared, exact, and given up for the asking.</summary>
public sealed class PrefixReuseTests
{
    /// <summary>Tokens of all the cells, of one request at most, and of a step, so that slots and cells are short.</summary>
    private const int Cells = 600;

    private const int Step = 16;

    private static readonly Action<ServingOptions> Small = serving =>
        (serving.MaxSequences, serving.MaxStepTokens, serving.PrefixBlockTokens, serving.KvCells, serving.MaxSequenceTokens) =
        (5, Step, Step, Cells, Cells);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_PromptsThatBeginAlike_ReadTheBeginningOnce(bool isSplit)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit));

        for (var index = 0; index < 5; index++)
        {
            var request = Request($"chat-{index}", family: 0, sharedTokens: 100, ownTokens: 10 + index);
            SplitFog.AssertExact(request, await fog.RunAsync(request));
        }

        var reader = (await fog.AllDrainedAsync())[0];
        Assert.Equal((5L, 4L, 4L * 96, 0L), (reader.PrefixLookups, reader.PrefixHits, reader.PrefixHitTokens, reader.PrefixEvictions));
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task Run_ManyWithCancelsAtAnyMoment_EachAnswerIsExactAndOnlyPrefixesAreLeft(bool isSplit, int seed)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit, new SyntheticTiming { CallSeconds = 5e-4 }));
        var random = new Random(seed);
        var requests = Enumerable.Range(0, 80).Select(index => (
            Request: Request($"p{index}", random.Next(4), random.Next(120), 1 + random.Next(40), 1 + random.Next(30)),
            CancelAfterTokens: index % 3 == 0 ? random.Next(10) : (int?)null)).ToArray();

        await Task.WhenAll(requests.Select(item => RandomReader.RunAsync(fog, item.Request, item.CancelAfterTokens)));

        await Leftovers.AssertNothingButPrefixesAsync(fog);
        var reader = (await fog.AllDrainedAsync())[0];
        Assert.True(reader.PrefixHits > 10, $"{reader.PrefixHits} hits");
        Assert.True(reader.PrefixEvictions > 0, "nothing was evicted");
        Assert.True(reader.KeptPrefixes > 0, "nothing was kept");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_RequestThatNeedsEveryCell_GetsThoseOfTheKeptPrefixes(bool isSplit)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit));
        for (var family = 0; family < 3; family++)
            await fog.RunAsync(Request($"family-{family}", family, sharedTokens: 100, ownTokens: 1));
        Assert.Equal((3, 3 * 96), Kept((await fog.AllDrainedAsync())[0]));

        var request = Request("all", family: 9, sharedTokens: 0, ownTokens: Cells - 1, maxTokens: 1);
        SplitFog.AssertExact(request, await fog.RunAsync(request));

        await Leftovers.AssertNothingButPrefixesAsync(fog);
        var reader = (await fog.AllDrainedAsync())[0];
        Assert.Equal((1, (Cells - 1) / Step * Step), Kept(reader));
        Assert.Equal(3, reader.PrefixEvictions);
        Assert.All((await fog.StagesByReplicaAsync())[0], stage => Assert.Equal((Cells - 1) / Step * Step, stage.Usage.KvCellsInUse));
    }

    [Fact]
    public async Task Run_LongAnswerToAShortPrompt_LeavesNothingAtAll()
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit: false));
        for (var family = 0; family < 3; family++)
            await fog.RunAsync(Request($"family-{family}", family, sharedTokens: 100, ownTokens: 1));

        await fog.RunAsync(Request("long", family: 9, sharedTokens: 0, ownTokens: Step - 1, maxTokens: Cells - Step + 1));

        await Leftovers.AssertNothingAsync(fog);
    }

    [Fact]
    public async Task Run_ReuseTurnedOff_KeepsNothing()
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit: true) with
        {
            Serving = serving =>
            {
                Small(serving);
                serving.ReusePrefixes = false;
            },
        });
        for (var index = 0; index < 2; index++)
            await fog.RunAsync(Request($"chat-{index}", family: 0, sharedTokens: 100, ownTokens: 10));

        await Leftovers.AssertNothingAsync(fog);
        Assert.All(await fog.AllDrainedAsync(), replica => Assert.Equal(0, replica.PrefixLookups));
    }

    private static (int Prefixes, int Cells) Kept(ReplicaStatus replica) => (replica.KeptPrefixes, replica.KeptKvCells);

    private static TestFogOptions Options(bool isSplit, SyntheticTiming? timing = null)
    {
        var engines = Synthetic.Engines(timing);
        return isSplit
            ? SplitFog.Options(engines, Small)
            : Synthetic.Options([[Synthetic.Device("a")], [Synthetic.Device("b")]], engines) with
            {
                Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", 5)])),
                Serving = Small,
            };
    }

    /// <summary>A prompt that begins as all of its family and ends as none.</summary>
    private static GenerationRequest Request(string id, int family, int sharedTokens, int ownTokens, int maxTokens = 8) =>
        Synthetic.Request(id, maxTokens: maxTokens) with
        {
            PromptTokens =
            [
                .. Enumerable.Range(0, sharedTokens).Select(position => SyntheticTokenizer.FirstWordToken + (position * 17 + family * 101) % 500),
                .. Enumerable.Range(0, ownTokens).Select(position => SyntheticTokenizer.FirstWordToken + (position * 29 + Seed(id)) % 500),
            ],
            Sampling = new SamplingOptions { Temperature = 1, Seed = (uint)Seed(id) },
        };

    private static int Seed(string id) => id.Sum(letter => letter) + id[^1] * 7;
}
