using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
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

    [Fact]
    public async Task Run_PromptOfWhichTheModelMakesNoNumbers_EndsForGoodAndTakesNobodyAlong()
    {
        const int poison = 5;
        var failed = 0;
        var engines = new FaultyEngines(
            Synthetic.Engines(), (_, step) => step.Rows.Any(row => row.Token == poison),
            fault: step =>
            {
                Interlocked.Increment(ref failed);
                return new EngineException("not numbers") { IsNotANumber = true, Slot = step.Rows.First(row => row.Token == poison).Sequence };
            });
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(engines));
        var sound = Enumerable.Range(0, 4).Select(index => Synthetic.Request($"s{index}", seed: (uint)index)).ToArray();
        var bad = Synthetic.Request("bad") with { PromptTokens = [100, 101, poison] };

        var answers = await Task.WhenAll(sound.Append(bad).Select(fog.RunAsync));

        var failure = answers[^1].Last.Failure!;
        Assert.Equal((FailedParty.Model, "not numbers", false), (failure.Party, failure.Message, failure.MayRetry));
        Assert.Equal(1, failed);
        for (var index = 0; index < sound.Length; index++)
            Assert.Equal(Synthetic.Expected(sound[index]), answers[index].Tokens);
    }

    [Fact]
    public async Task Run_ModelFileThatWasChanged_EndsForGoodAndIsSaidByThePlan()
    {
        var isChanged = false;
        var engines = new FaultyEngines(
            new BrokenEngines(Synthetic.Engines(), _ => Volatile.Read(ref isChanged), message => new ModelFileException(message)),
            (spec, _) => spec.FirstLayer == 0 && Volatile.Read(ref isChanged), fault: _ => new ModelFileException("m.gguf was changed"));
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(engines));
        Volatile.Write(ref isChanged, true);

        var answer = await fog.RunAsync(Synthetic.Request("r"));

        var failure = answer.Last.Failure!;
        Assert.Equal((FailedParty.Model, "m.gguf was changed.", false), (failure.Party, failure.Message, failure.MayRetry));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await fog.Plan.GetStatusAsync()).ModelFault.Length == 0)
            limit.Token.ThrowIfCancellationRequested();
    }
}
