using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;

namespace E2LLM.Cluster.Tests.Exactness;

/// <summary>The real engine and the demo model through silos, grains and serialisation: the very tokens of one bare engine.</summary>
public sealed class ExactnessTests(DemoModel demo) : IClassFixture<DemoModel>
{
    private static readonly Action<ServingOptions> SmallSteps = serving => serving.MaxStepTokens = 32;

    public static TheoryData<string, SamplingOptions> Questions => new()
    {
        { "Tell me a story about a fox and a lantern.", SamplingOptions.Greedy },
        { "What is a replica?", new SamplingOptions { Temperature = 0.8f, Seed = 7 } },
        { "Why are prefill and decode separate?", new SamplingOptions { Temperature = 1, TopK = 20, TopP = 0.9f, Seed = 11 } },
        { "Tell me a story about a bear and a boat.", new SamplingOptions { Temperature = 0.7f, RepeatPenalty = 1.2f, PresencePenalty = 0.3f, Seed = 3 } },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Run_ThreeDevicesOnThreeSilos_GivesTheTokensOfTheBareEngine(string question, SamplingOptions sampling)
    {
        await using var fog = await TestFog.ServeAsync(Options([[Device("a", 9)], [Device("b", 9)], [Device("c", 9)]]));
        var request = Request("exact", question, sampling);

        var answer = await fog.RunAsync(request);

        Assert.True((await fog.StagesAsync()).Length >= 2);
        Assert.Equal(FinishReason.Stop, answer.Finish);
        Assert.Equal(await demo.BareAnswerAsync(request, Settings()), answer.Tokens);
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Run_PrefillAndDecoderCutOtherwise_GivesTheTokensOfTheBareEngine(string question, SamplingOptions sampling)
    {
        var layers = demo.Spec.LayerCount;
        await using var fog = await TestFog.ServeAsync(Options([[Device("a", 99), Device("c", 99)], [Device("b", 99), Device("d", 99, slowdown: 2)]]) with
        {
            Planner = new SplitPlanner(
                (ReplicaRole.Prefill, [("a", layers / 2), ("b", layers - layers / 2)]), (ReplicaRole.Decoder, [("c", 1), ("d", layers - 1)])),
        });
        var request = Request("split", question, sampling);

        var answer = await fog.RunAsync(request);

        Assert.Equal(FinishReason.Stop, answer.Finish);
        Assert.Equal(await demo.BareAnswerAsync(request, Settings()), answer.Tokens);
        Assert.True(answer.Last.Timeline!.KvBytes > 0);
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    [Fact]
    public async Task Run_EmulatedSlowDevicesAndLinks_ChangeNoToken()
    {
        await using var fog = await TestFog.StartAsync(Options([[Device("a", 9), Device("b", 9, slowdown: 3), Device("c", 9, slowdown: 2)]]));
        await fog.Plan.ApplyAsync(fog.Fleet with { DefaultLatencySeconds = 2e-3, DefaultBandwidthBytesPerSecond = 1e6 });
        var request = Request("slow", "What is the capital of France?", SamplingOptions.Greedy);

        var answer = await fog.RunAsync(request);

        Assert.Equal(await demo.BareAnswerAsync(request, Settings()), answer.Tokens);
    }

    [Fact]
    public async Task Run_ManyAtOnce_EachEndsAndEachIsWellFormed()
    {
        await using var fog = await TestFog.ServeAsync(Options([[Device("a", 10), Device("b", 10), Device("c", 10)]]));
        var requests = Enumerable.Range(0, 24)
            .Select(index => Request($"many-{index}", $"Tell me a story about a fox and a lantern.", SamplingOptions.Greedy)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        Assert.All(answers, answer => Assert.Equal(FinishReason.Stop, answer.Finish));
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    private TestFogOptions Options(IReadOnlyList<IReadOnlyList<DeviceSpec>> devices) => DemoFog.Options(demo, devices, SmallSteps);

    private EngineSettings Settings() => DemoFog.Settings(demo, SmallSteps);

    private GenerationRequest Request(string id, string question, SamplingOptions sampling) => DemoFog.Request(demo, id, question, sampling);

    private static DeviceSpec Device(string id, long mebibytes, double slowdown = 1) => DemoFog.Device(id, mebibytes, slowdown);
}
