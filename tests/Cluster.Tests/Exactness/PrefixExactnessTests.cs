using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;

namespace E2LLM.Cluster.Tests.Exactness;

/// <summary>
/// Prefix reuse on the real engine, with steps so long that llama.cpp reads prompts tile by tile: a request that is alone gets the very
/// tokens of the bare engine, whatever ran before it.
/// </summary>
public sealed class PrefixExactnessTests(DemoModel demo) : IClassFixture<DemoModel>
{
    private static readonly Action<ServingOptions> Serving = serving => serving.MaxStepTokens = 64;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ChatsOfTwoSystemPromptsInTurn_ShareThemAndChangeNoToken(bool isSplit)
    {
        await using var fog = await TestFog.ServeAsync(DemoFog.Options(demo, isSplit, Serving));

        for (var index = 0; index < 12; index++)
            await AssertExactAsync(fog, Chats.Create(demo, $"chat-{index}", index, families: 2));

        var reader = (await fog.AllDrainedAsync())[0];
        Assert.Equal((12L, 10L, 2), (reader.PrefixLookups, reader.PrefixHits, reader.KeptPrefixes));
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_AloneAfterALoad_SharesNothingOfThatAndChangesNoToken(bool isSplit)
    {
        await using var fog = await TestFog.ServeAsync(DemoFog.Options(demo, isSplit, Serving));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(index => fog.RunAsync(Chats.Create(demo, $"load-{index}", index, families: 3))));
        Assert.True((await fog.AllDrainedAsync())[0].PrefixHits > 0);

        for (var index = 0; index < 8; index++)
            await AssertExactAsync(fog, Chats.Create(demo, $"chat-{index}", 20 + index, families: 3));
    }

    private async Task AssertExactAsync(TestFog fog, GenerationRequest request)
    {
        var answer = await fog.RunAsync(request);

        Assert.Equal(await demo.BareAnswerAsync(request, DemoFog.Settings(demo, Serving)), answer.Tokens);
    }
}
