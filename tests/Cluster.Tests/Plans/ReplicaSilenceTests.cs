using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Cluster.Tests.Plans;

/// <summary>Replicas that do not answer and do not report, though they work: nobody waits for them, and they are not started anew.</summary>
public sealed class ReplicaSilenceTests
{
    private readonly ReplicaCalls _calls = new();
    private readonly LeapingTime _time = new();

    [Fact]
    public async Task Run_OneReplicaIsSilentForSeconds_TheOtherServesAndNothingIsLoadedAnew()
    {
        await using var fog = await ServeAsync();
        var keys = (await fog.Plan.GetStatusAsync()).ReplicaKeys;
        _calls.Silence(keys[0]);
        _time.Leap(TimeSpan.FromSeconds(8));
        await _calls.SilentOneIsAsked;

        await RunManyAsync(fog, "during");

        var status = await fog.Plan.GetStatusAsync();
        Assert.Equal((PlanPhase.Ready, true), (status.Phase, status.Replicas[0].IsServing));
        _calls.Release();
        await RunManyAsync(fog, "after");
        Assert.Equal((1, 1), (_calls.Starts(keys[0]), _calls.Starts(keys[1])));
    }

    [Fact]
    public async Task Run_EveryReplicaIsSilentForSeconds_TheyServeAllTheSame()
    {
        await using var fog = await ServeAsync();
        var keys = (await fog.Plan.GetStatusAsync()).ReplicaKeys;
        foreach (var key in keys)
            _calls.Silence(key);
        _time.Leap(TimeSpan.FromSeconds(8));
        await _calls.SilentOneIsAsked;

        await RunManyAsync(fog, "during");

        Assert.Equal(PlanPhase.Ready, (await fog.Plan.GetStatusAsync()).Phase);
        Assert.All(keys, key => Assert.Equal(1, _calls.Starts(key)));
        _calls.Release();
    }

    [Fact]
    public async Task Run_ReplicaIsSilentForLongerThanTheOption_IsStartedAnew()
    {
        await using var fog = await ServeAsync();
        var keys = (await fog.Plan.GetStatusAsync()).ReplicaKeys;
        _calls.Silence(keys[0]);
        _time.Leap(TimeSpan.FromSeconds(59));
        await _calls.SilentOneIsAsked;
        Assert.Equal(1, _calls.Starts(keys[0]));

        _time.Leap(TimeSpan.FromSeconds(10));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_calls.Starts(keys[0]) < 2)
        {
            limit.Token.ThrowIfCancellationRequested();
            await fog.Plan.GetStatusAsync();
        }

        _calls.Release();
        await RunManyAsync(fog, "after");
    }

    [Fact]
    public async Task Run_AnyNumberOfRequests_AsksNoReplicaHowItIs()
    {
        await using var fog = await ServeAsync();

        await RunManyAsync(fog, "many");
        await fog.Plan.GetStatusAsync();

        Assert.Equal(0, _calls.Questions);
    }

    private Task<TestFog> ServeAsync() => TestFog.ServeAsync(Synthetic.Options(
        [[Synthetic.Device("a"), Synthetic.Device("c")], [Synthetic.Device("b"), Synthetic.Device("d")]]) with
    {
        Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 4), ("b", 4)]), (ReplicaRole.Mixed, [("c", 4), ("d", 4)])),
        Time = _time,
        Silo = silo => silo.AddIncomingGrainCallFilter(_calls),
    });

    private static async Task RunManyAsync(TestFog fog, string name)
    {
        var requests = Enumerable.Range(0, 16).Select(index => Synthetic.Request($"{name}{index}", seed: (uint)index)).ToArray();
        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));
        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        Assert.All(answers, answer => Assert.Equal(0, answer.Last.Timeline!.Replays));
    }
}
