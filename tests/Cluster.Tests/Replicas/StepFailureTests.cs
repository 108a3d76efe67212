using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Replicas;

public sealed class StepFailureTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_StepsFailNowAndThen_TokensAreStillThoseOfTheWholeModel(bool onLastStage)
    {
        // Seldom enough that no request has rows in three failed steps without a token between them, which would end it.
        const int everyStep = 41;
        var steps = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) =>
            step.Rows.Length > 0
            && onLastStage == (spec.FirstLayer + spec.LayerCount == Synthetic.Model.LayerCount)
            && Interlocked.Increment(ref steps) % everyStep == 0);
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(engines));
        var requests = Enumerable.Range(0, 12).Select(index => Synthetic.Request($"f{index}", promptTokens: 30 + index, maxTokens: 60, seed: (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        Assert.True(steps > 2 * everyStep, $"only {steps} steps ran on the faulty stage");
        for (var index = 0; index < requests.Length; index++)
        {
            Assert.True(answers[index].Finish == FinishReason.Length, $"{requests[index].Id}: {answers[index].Last.Failure}");
            Assert.Equal(Synthetic.Expected(requests[index]), answers[index].Tokens);
        }
        await fog.DrainedAsync();
        Assert.All(await fog.StagesAsync(), stage => Assert.Equal(0, stage.Usage.OpenSequences));
    }

    [Fact]
    public async Task Run_StageThatAlwaysFails_GivesTheRequestUpAndNamesTheDevice()
    {
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) => step.Rows.Length > 0 && spec.FirstLayer > 0);
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(engines) with { Requests = requests => requests.MaxReplays = 0 });
        var broken = (await fog.Plan.GetStatusAsync()).Plan!.Replicas[0].Stages[1].DeviceId;

        var answer = await fog.RunAsync(Synthetic.Request("doomed"));

        Assert.Equal(FinishReason.Failed, answer.Finish);
        var failure = answer.Last.Failure!;
        Assert.Equal((FailedParty.Engine, broken, true), (failure.Party, failure.DeviceId, failure.MayRetry));
        Assert.Contains("the test broke this step", failure.Message);
    }
}
