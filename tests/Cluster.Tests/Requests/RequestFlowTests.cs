using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Requests;

public sealed class RequestFlowTests
{
    [Fact]
    public async Task Run_OverSeveralStages_GivesTheTokensOfTheWholeModel()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var request = Synthetic.Request("one");

        var answer = await fog.RunAsync(request);

        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.True((await fog.StagesAsync()).Length >= 2);
    }

    [Fact]
    public async Task Run_AcrossSilos_GivesTheTokensOfTheWholeModel()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos());
        var request = Synthetic.Request("far", promptTokens: 400, maxTokens: 60);

        var answer = await fog.RunAsync(request);

        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
    }

    [Fact]
    public async Task Run_TwoHundredAtOnce_LosesNoneAndMixesNone()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos());
        var requests = Enumerable.Range(0, 200)
            .Select(index => Synthetic.Request($"r{index}", promptTokens: 5 + (index * 13 % 90), maxTokens: 1 + (index * 7 % 25), seed: (uint)index))
            .ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        for (var index = 0; index < requests.Length; index++)
            Assert.Equal(Synthetic.Expected(requests[index]), answers[index].Tokens);
        var replica = Assert.Single(await fog.ReplicasAsync());
        Assert.Equal(200, replica.CompletedRequests);
        Assert.Equal(requests.Sum(request => request.MaxTokens), replica.GeneratedTokens);
    }

    [Fact]
    public async Task Run_StopToken_EndsTheAnswerBeforeIt()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var request = Synthetic.Request("stop");
        var expected = Synthetic.Expected(request);

        var answer = await fog.RunAsync(request with { StopTokens = [expected[4]] });

        Assert.Equal(expected.TakeWhile(token => token != expected[4]), answer.Tokens);
        Assert.Equal(FinishReason.Stop, answer.Finish);
    }

    [Fact]
    public async Task Run_Timeline_IsInOrderAndNamesEveryDevice()
    {
        var timing = new SyntheticTiming { LayerSeconds = 1e-4 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(timing)));

        var timeline = (await fog.RunAsync(Synthetic.Request("timed"))).Last.Timeline!;

        double?[] moments =
        [
            timeline.QueuedSeconds, timeline.PrefillStartSeconds, timeline.PrefillEndSeconds, timeline.FirstTokenSeconds,
            timeline.LastTokenSeconds, timeline.DoneSeconds,
        ];
        Assert.All(moments, moment => Assert.NotNull(moment));
        Assert.Equal(moments.Order(), moments);
        Assert.Equal(10, timeline.TokenSeconds.Length);
        Assert.Equal(timeline.TokenSeconds.Order(), timeline.TokenSeconds);
        Assert.True(timeline.FirstTokenSeconds - TokenTimes.UnitSeconds <= timeline.TokenSeconds[0]);
        Assert.InRange(timeline.TokenSeconds[^1], timeline.LastTokenSeconds!.Value - TokenTimes.UnitSeconds, timeline.DoneSeconds!.Value);
        Assert.Equal((timeline.PrefillStartSeconds, null, null), (timeline.WaitSeconds, timeline.DecoderWaitSeconds, timeline.SlotWaitSeconds));
        Assert.Equal((20, 10), (timeline.PromptTokens, timeline.GeneratedTokens));
        var plan = (await fog.Plan.GetStatusAsync()).Plan!.Replicas[0];
        Assert.Equal(plan.Stages.Select(stage => stage.DeviceId), timeline.Devices.Select(device => device.DeviceId));
        Assert.All(timeline.Devices, device => Assert.True(device.PrefillSeconds > 0 && device.DecodeSeconds > 0));
    }

    [Fact]
    public async Task Get_AfterTheEnd_GivesTheWholeJournal()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var request = Synthetic.Request("kept");
        var answer = await fog.RunAsync(request);

        var record = await fog.Request("kept").GetAsync();

        Assert.Equal(RequestPhase.Done, record!.Phase);
        Assert.Equal(answer.Tokens, record.GeneratedTokens.AsEnumerable());
        Assert.Equal(request.PromptTokens.AsEnumerable(), record.Request.PromptTokens);
        Assert.Null(await fog.Request("never").GetAsync());
    }
}
