using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Inference.Synthetic;
using Orleans.Core.Internal;

namespace E2LLM.Cluster.Tests.Requests.Statistics;

public sealed class RequestStatisticsGrainTests
{
    [Fact]
    public async Task Get_MixedFog_AgreesWithTheTimelinesOfTheRequests()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var requests = Enumerable.Range(0, 20).Select(index => Synthetic.Request($"m{index}", 5 + index, 2 + index, (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));
        var statistics = await fog.CountedAsync(requests.Length);

        RequestTimeline[] timelines = [.. answers.Select(answer => answer.Last.Timeline!)];
        var replica = Assert.Single(statistics.Replicas);
        Assert.Equal((ReplicaRole.Mixed, "1/r0", 20, 0, 0), (replica.Role, replica.Replica, replica.Requests, replica.Failed, replica.Cancelled));
        foreach (var group in new[] { statistics.Whole, Assert.Single(statistics.Roles), replica })
        {
            Assert.Equal(requests.Sum(request => request.PromptTokens.Length), group.PromptTokens);
            Assert.Equal(requests.Sum(request => request.MaxTokens), group.GeneratedTokens);
            AssertMean(timelines.Select(timeline => timeline.WaitSeconds), group, RequestFigure.Wait);
            AssertMean(timelines.Select(timeline => timeline.PrefillSeconds), group, RequestFigure.Prefill);
            AssertMean(timelines.Select(timeline => timeline.TimeToFirstTokenSeconds), group, RequestFigure.TimeToFirstToken);
            AssertMean(timelines.Select(timeline => timeline.SecondsPerOutputToken), group, RequestFigure.TimePerOutputToken);
            AssertMean(timelines.Select(timeline => timeline.EndToEndSeconds), group, RequestFigure.EndToEnd);
            Assert.Equal(requests.Sum(request => request.MaxTokens - 1), group.Find(RequestFigure.InterToken)!.Count);
            Assert.Null(group.Find(RequestFigure.KvBytes));
        }
    }

    [Fact]
    public async Task Get_SplitFog_HasTheSidesApart()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var requests = Enumerable.Range(0, 10).Select(index => Synthetic.Request($"s{index}", 40, maxTokens: 1 + index, seed: (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));
        var statistics = await fog.CountedAsync(requests.Length);

        Assert.Equal(["1/r0 Prefill 10", "1/r1 Decoder 9"], statistics.Replicas.Select(replica => $"{replica.Replica} {replica.Role} {replica.Requests}"));
        Assert.Equal(["Prefill 10", "Decoder 9"], statistics.Roles.Select(role => $"{role.Role} {role.Requests}"));
        var (reader, writer) = (statistics.Replicas[0], statistics.Replicas[1]);
        RequestTimeline[] timelines = [.. answers.Select(answer => answer.Last.Timeline!)];
        AssertMean(timelines.Select(timeline => timeline.QueueWaitSeconds), reader, RequestFigure.Wait);
        AssertMean(timelines.Select(timeline => timeline.DecoderWaitSeconds), writer, RequestFigure.Wait);
        AssertMean(timelines.Select(timeline => timeline.WaitSeconds), statistics.Whole, RequestFigure.Wait);
        AssertMean(timelines.Select(timeline => timeline.TimeToFirstTokenSeconds), reader, RequestFigure.TimeToFirstToken);
        AssertMean(timelines.Select(timeline => timeline.SecondsPerOutputToken), writer, RequestFigure.TimePerOutputToken);
        Assert.Equal(40 * Synthetic.Model.LayerCount * 8, reader.Find(RequestFigure.KvBytes)!.Max);
        Assert.Equal((9, 10), (reader.Find(RequestFigure.KvTransfer)!.Count, statistics.Whole.Find(RequestFigure.EndToEnd)!.Count));
        Assert.Null(writer.Find(RequestFigure.TimeToFirstToken));
        Assert.Null(reader.Find(RequestFigure.InterToken));
    }

    [Fact]
    public async Task Get_EveryGrainHasLeftMemory_StillKnows()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await fog.RunAsync(Synthetic.Request("gone"));
        var before = await fog.CountedAsync(1);

        await fog.Request("gone").Cast<IGrainManagementExtension>().DeactivateOnIdle();
        await fog.Statistics.Cast<IGrainManagementExtension>().DeactivateOnIdle();

        var after = await fog.CountedAsync(1);
        Assert.Equal(before.Since, after.Since);
        Assert.Equal(before.Whole.Figures.AsEnumerable(), after.Whole.Figures);
        await fog.RunAsync(Synthetic.Request("next"));
        Assert.Equal(2, (await fog.CountedAsync(2)).Whole.Requests);
    }

    [Fact]
    public async Task Get_RequestsOfNamedCallers_AreCountedByCallerAlsoWhenTheGrainHasLeftMemory()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await fog.RunAsync(Synthetic.Request("a1") with { CallerId = "alice" });
        await fog.RunAsync(Synthetic.Request("a2") with { CallerId = "alice" });
        await fog.RunAsync(Synthetic.Request("b1") with { CallerId = "bob" });
        await fog.RunAsync(Synthetic.Request("nobody"));
        await fog.CountedAsync(4);

        await fog.Statistics.Cast<IGrainManagementExtension>().DeactivateOnIdle();

        Assert.Equal(
            ["alice 2 40 20", "bob 1 20 10"],
            (await fog.CountedAsync(4)).Callers.Select(caller => $"{caller.CallerId} {caller.Requests} {caller.PromptTokens} {caller.GeneratedTokens}"));
    }

    [Fact]
    public async Task Get_CancelledRequest_IsCountedWithItsReplicaAndHasNoLatency()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(new SyntheticTiming { LayerSeconds = 1e-3 })));

        await foreach (var _ in fog.Request("left").RunAsync(Synthetic.Request("left", maxTokens: 1000)))
            break;
        var statistics = await fog.CountedAsync(1);

        Assert.Equal((1, 1, 0), (statistics.Whole.Requests, statistics.Whole.Cancelled, statistics.Whole.Failed));
        Assert.Equal(("1/r0", 1), (Assert.Single(statistics.Replicas).Replica, statistics.Replicas[0].Cancelled));
        Assert.Empty(statistics.Whole.Figures);
    }

    [Fact]
    public async Task Run_StatisticsCannotBeTold_AnswersAllTheSame()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices() with
        {
            Silo = silo => silo.AddIncomingGrainCallFilter(call =>
                call.InterfaceMethod?.Name == nameof(IRequestStatisticsGrain.AddAsync) ? throw new InvalidOperationException("the test broke this call") : call.Invoke()),
        });
        var request = Synthetic.Request("untold");

        var answer = await fog.RunAsync(request);

        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
        Assert.Equal(RequestPhase.Done, (await fog.DoneAsync("untold")).Phase);
        Assert.Equal(0, (await fog.Statistics.GetAsync()).Whole.Requests);
    }

    private static void AssertMean(IEnumerable<double?> seconds, RequestGroupStatistics group, RequestFigure figure) =>
        Assert.Equal(seconds.OfType<double>().Average(), group.Find(figure)!.Mean, 1e-9);
}
