using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Replicas;

/// <summary>A replica fails under its requests: each of them goes on elsewhere, and its reader sees every token once.</summary>
public sealed class FailoverTests
{
    /// <summary>Two replicas: devices a and b, and devices c and d.</summary>
    private static readonly SplitPlanner TwoMixed = new(
        (ReplicaRole.Mixed, [("a", 4), ("b", 4)]), (ReplicaRole.Mixed, [("c", 4), ("d", 4)]));

    [Fact]
    public async Task Run_OneReplicaAlwaysFails_TheOtherWritesTheAnswers()
    {
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) => step.Rows.Length > 0 && spec.Device.Id == "b");
        await using var fog = await TestFog.ServeAsync(Options(engines));

        var answers = await RunManyAsync(fog);

        Assert.Contains(answers, answer => answer.Last.Timeline!.Replays > 0);
        Assert.All(answers, answer => Assert.EndsWith("r1", answer.Last.Timeline!.Replica));
        var broken = (await fog.ReplicasAsync())[0];
        Assert.True(broken.FailedSteps > 0);
        Assert.NotEmpty(broken.LastFailure);
    }

    [Fact]
    public async Task Run_ReplicaFailsInMidAnswer_TheOtherGoesOnWhereItStopped()
    {
        var steps = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) =>
            step.Rows.Length > 0 && spec.Device.Id == "d" && Interlocked.Increment(ref steps) > 40);
        await using var fog = await TestFog.ServeAsync(Options(engines));

        await RunManyAsync(fog, maxTokens: 60);

        Assert.True(steps > 40);
    }

    [Fact]
    public async Task Run_OnlyReplicaFailsForAWhile_IsStartedAnewAndTheAnswersGoOn()
    {
        // More failures in a row than a step, a request and the replica are tried again for.
        var steps = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) =>
            step.Rows.Length > 0 && spec.FirstLayer > 0 && Interlocked.Increment(ref steps) is > 20 and <= 25);
        await using var fog = await TestFog.ServeAsync(Synthetic.Options([[Synthetic.Device("a"), Synthetic.Device("b")]], engines) with
        {
            Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 4), ("b", 4)])),
        });

        var answers = await RunManyAsync(fog);

        Assert.True(steps > 25);
        Assert.Contains(answers, answer => answer.Last.Timeline!.Replays > 0);
    }

    [Fact]
    public async Task Run_StageHangs_IsNoticedByItsProfileAndTheAnswersGoOnElsewhere()
    {
        var steps = 0;
        var engines = new HangingEngines(Synthetic.Engines(), (spec, step) =>
            step.Rows.Length > 0 && spec.Device.Id == "b" && Interlocked.Increment(ref steps) > 5);
        await using var fog = await TestFog.ServeAsync(Options(engines) with { Serving = serving => serving.HungStepSeconds = 0.3 });
        try
        {
            var answers = await RunManyAsync(fog);

            Assert.Contains(answers, answer => answer.Last.Timeline!.Replays > 0);
            var hung = (await fog.Plan.GetStatusAsync()).Replicas[0];
            Assert.False(hung.IsServing);
            Assert.Contains("device b", hung.LastFailure, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            engines.Release();
        }
        await UntilAsync(fog, replicas => replicas[0].IsServing);
        await RunManyAsync(fog, name: "again");
    }

    [Fact]
    public async Task Run_DecoderAlwaysFails_ThePrefillReplicaWritesTheAnswers()
    {
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) => step.Rows.Length > 0 && spec.Device.Id == "e");
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(engines));

        var answers = await RunManyAsync(fog);

        // Once the decoder is out of service, those that come then need no second attempt.
        Assert.Contains(answers, answer => answer.Last.Timeline!.Replays > 0);
        Assert.All(answers, answer => Assert.Equal("", answer.Last.Timeline!.DecoderReplica));
    }

    [Fact]
    public async Task Run_AnotherPlanIsApplied_TheAnswersGoOnThere()
    {
        // A millisecond a step: the answers are under way when the plan changes.
        var engines = Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 });
        var planner = new ChangingPlanner { Current = TwoMixed };
        await using var fog = await TestFog.ServeAsync(Options(engines) with { Planner = planner, Serving = serving => serving.DrainSeconds = 0 });
        planner.Current = new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", 5)]), (ReplicaRole.Mixed, [("c", 5), ("d", 3)]));
        var proposed = (await fog.Plan.ProposeAsync(new PlanWish())).Plan.Generation;
        var running = RunManyAsync(fog, maxTokens: 150);
        await UntilAsync(fog, replicas => replicas.Sum(replica => replica.GeneratedTokens) > 100);

        await fog.Plan.ApplyPlanAsync(proposed);

        var answers = await running;
        Assert.Contains(answers, answer => answer.Last.Timeline!.Replays > 0);
        Assert.All(answers, answer => Assert.StartsWith($"{proposed + 1}/", answer.Last.Timeline!.Replica));
    }

    [Fact]
    public async Task Run_NoReplicaComesBack_FailsWithTheReasonAfterTheWait()
    {
        var engines = new HangingEngines(Synthetic.Engines(), (spec, step) => step.Rows.Length > 0 && spec.FirstLayer > 0);
        await using var fog = await TestFog.ServeAsync(Options(engines) with
        {
            Serving = serving => serving.HungStepSeconds = 0.3,
            Requests = requests => requests.ReplicaWaitSeconds = 0,
        });
        try
        {
            var answer = await fog.RunAsync(Synthetic.Request("lost"));

            Assert.Equal(FinishReason.Failed, answer.Finish);
            Assert.Contains("ReplicaWaitSeconds", answer.Last.Failure!.Message);
            Assert.True(answer.Last.Failure.MayRetry);
        }
        finally
        {
            engines.Release();
        }
    }

    private static TestFogOptions Options(IStageEngineFactory engines) => Synthetic.Options(
        [[Synthetic.Device("a"), Synthetic.Device("c")], [Synthetic.Device("b"), Synthetic.Device("d")]], engines) with
    {
        Planner = TwoMixed,
    };

    private static async Task<Answer[]> RunManyAsync(TestFog fog, int maxTokens = 40, string name = "f")
    {
        var requests = Enumerable.Range(0, 16).Select(index =>
            Synthetic.Request($"{name}{index}", promptTokens: 20 + 3 * index, maxTokens, seed: (uint)index)).ToArray();
        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));
        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        return answers;
    }

    /// <summary>Asks until the replicas are as they should be, and gives up after half a minute.</summary>
    private static async Task UntilAsync(TestFog fog, Func<IReadOnlyList<ReplicaStatus>, bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await fog.Plan.GetStatusAsync()).Phase != PlanPhase.Ready || !isSo(await fog.ReplicasAsync()))
            limit.Token.ThrowIfCancellationRequested();
    }
}
