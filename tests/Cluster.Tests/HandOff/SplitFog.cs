using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;

namespace E2LLM.Cluster.Tests.HandOff;

/// <summary>Clusters with a PREFILL and a DECODER replica on five devices of two silos.</summary>
internal static class SplitFog
{
    public static TestFogOptions Options(IStageEngineFactory? engines = null, Action<ServingOptions>? serving = null) =>
        Synthetic.Options(
            [[Synthetic.Device("a"), Synthetic.Device("d")], [Synthetic.Device("b"), Synthetic.Device("c"), Synthetic.Device("e")]], engines) with
        {
            Planner = SplitPlanner.EightLayers,
            Serving = serving ?? (options => options.MaxStepTokens = 16),
        };

    public static bool IsPrefill(StageEngineSpec spec) => spec.Device.Id is "a" or "b";

    /// <summary>No request, no reserved cell and no transfer is left anywhere, and no sequence but kept prefixes.</summary>
    public static Task AssertAllFreeAsync(TestFog fog) => Leftovers.AssertNothingButPrefixesAsync(fog);

    public static void AssertExact(GenerationRequest request, Answer answer)
    {
        Assert.True(answer.Finish == FinishReason.Length, $"{request.Id}: {answer.Finish} {answer.Last.Failure}");
        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
    }
}
