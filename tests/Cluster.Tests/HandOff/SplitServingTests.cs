using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.HandOff;

public sealed class SplitServingTests
{
    [Fact]
    public async Task Run_PrefillAndDecoder_GivesTheTokensOfTheWholeModel()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var request = Synthetic.Request("split", promptTokens: 100, maxTokens: 20);

        var answer = await fog.RunAsync(request);

        SplitFog.AssertExact(request, answer);
        var timeline = answer.Last.Timeline!;
        Assert.Equal(100 * Synthetic.Model.LayerCount * 8, timeline.KvBytes); // the synthetic engine keeps 8 bytes a layer
        Assert.True(timeline.PrefillStartSeconds <= timeline.PrefillEndSeconds);
        Assert.True(timeline.PrefillEndSeconds <= timeline.FirstTokenSeconds);
        Assert.True(timeline.PrefillStartSeconds <= timeline.DecoderSlotSeconds);
        Assert.True(timeline.DecoderSlotSeconds <= timeline.KvSentSeconds);
        Assert.True(timeline.KvSentSeconds <= timeline.DecodeStartSeconds);
        Assert.True(timeline.DecodeStartSeconds <= timeline.LastTokenSeconds);
        Assert.True(timeline.LastTokenSeconds <= timeline.DoneSeconds);
        Assert.Equal(20, timeline.TokenSeconds.Length);
        Assert.InRange(timeline.TokenSeconds[^1], timeline.LastTokenSeconds!.Value - TokenTimes.UnitSeconds, timeline.DoneSeconds!.Value);
        Assert.Equal(timeline.QueueWaitSeconds + timeline.DecoderWaitSeconds, timeline.WaitSeconds);
        Assert.EndsWith("/r0", timeline.Replica);
        Assert.EndsWith("/r1", timeline.DecoderReplica);
        Assert.Equal(["a", "b", "c", "d", "e"], timeline.Devices.Select(device => device.DeviceId));
        await SplitFog.AssertAllFreeAsync(fog);
        Assert.All(await fog.ReplicasAsync(), replica => Assert.True(replica.CompletedSteps > 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_ShortestAnswers_EndWhereTheyShould(int maxTokens)
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var request = Synthetic.Request("short", promptTokens: 1, maxTokens: maxTokens);

        var answer = await fog.RunAsync(request);

        SplitFog.AssertExact(request, answer);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Run_FirstTokenIsTheStopToken_EndsOnThePrefillReplica()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var request = Synthetic.Request("stop");
        request = request with { StopTokens = [Synthetic.Expected(request)[0]] };

        var answer = await fog.RunAsync(request);

        Assert.Equal(FinishReason.Stop, answer.Finish);
        Assert.Empty(answer.Tokens);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Run_AHundredAtOnce_EachAnswerIsExact()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var requests = Enumerable.Range(0, 100).Select(index =>
            Synthetic.Request($"many-{index}", promptTokens: 1 + index * 13 % 90, maxTokens: 1 + index * 7 % 30, seed: (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        await SplitFog.AssertAllFreeAsync(fog);
        // Nothing went wrong, so whatever needed a second token was handed on, and once.
        Assert.Equal(requests.Count(request => request.MaxTokens > 1), (await fog.ReplicasAsync()).Sum(replica => replica.HandedOffRequests));
    }

    [Fact]
    public async Task Run_DecoderIsFull_ThePrefillReplicaHoldsUntilThereIsRoom()
    {
        var options = SplitFog.Options() with { Planner = new SplitPlanner(
            (Core.Plans.ReplicaRole.Prefill, [("a", 8)]), (Core.Plans.ReplicaRole.Decoder, [("c", 4), ("d", 4)])) };
        await using var fog = await TestFog.ServeAsync(options with { Serving = serving => (serving.MaxSequences, serving.MaxStepTokens) = (2, 16) });
        var requests = Enumerable.Range(0, 6).Select(index => Synthetic.Request($"full-{index}", 40, 200, (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        Assert.Contains(answers, answer => answer.Last.Timeline!.SlotWaitSeconds > 0);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Run_EmulatedLinks_ChangeNoTokenAndTakeTheirTime()
    {
        await using var fog = await TestFog.StartAsync(SplitFog.Options());
        await fog.Plan.ApplyAsync(fog.Fleet with { DefaultLatencySeconds = 2e-3, DefaultBandwidthBytesPerSecond = 1e6 });
        var request = Synthetic.Request("slow", promptTokens: 60, maxTokens: 5);

        var answer = await fog.RunAsync(request);

        SplitFog.AssertExact(request, answer);
        Assert.True(answer.Last.Timeline!.KvTransferSeconds >= 2e-3, $"{answer.Last.Timeline.KvTransferSeconds} s");
        await SplitFog.AssertAllFreeAsync(fog);
    }
}
