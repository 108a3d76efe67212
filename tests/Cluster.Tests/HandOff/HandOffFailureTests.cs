using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Cluster.Tests.HandOff;

public sealed class HandOffFailureTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_StepsOfOneSideFailNowAndThen_TokensAreStillThoseOfTheWholeModel(bool onPrefill)
    {
        // Seldom enough that no request has rows in three failed steps without a token between them, which would end it.
        var everyStep = onPrefill ? 19 : 67;
        var steps = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) =>
            step.Rows.Length > 0 && spec.Device.Id == (onPrefill ? "b" : "d") && Interlocked.Increment(ref steps) % everyStep == 0);

        await RunManyAsync(engines);

        Assert.True(steps > 2 * everyStep, $"only {steps} steps ran on the faulty stage");
    }

    [Fact]
    public async Task Run_StepsThatOpenTheSlotsFail_TheCacheGoesToTheNewSlots()
    {
        var opening = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) =>
            spec.Device.Id == "d" && step.Commands.Any(command => command.Kind == SequenceCommandKind.Open) && Interlocked.Increment(ref opening) % 3 == 1);

        await RunManyAsync(engines);

        Assert.True(opening > 3);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task Run_CachesDoNotArrive_TheAnswersDo(bool onPrefill, int everyCall)
    {
        var calls = 0;
        var engines = new FaultyEngines(Synthetic.Engines(), (_, _) => false, spec =>
            SplitFog.IsPrefill(spec) == onPrefill && Interlocked.Increment(ref calls) % everyCall == 0);

        await RunManyAsync(engines);

        Assert.True(calls > everyCall);
    }

    [Fact]
    public async Task Run_PrefillReplicaThatAlwaysFails_TheDecoderReadsThePrompt()
    {
        var engines = new FaultyEngines(Synthetic.Engines(), (spec, step) => step.Rows.Length > 0 && spec.Device.Id == "b");

        await RunManyAsync(engines);
    }

    [Fact]
    public async Task Run_BothReplicasAlwaysFail_GivesTheRequestUpAndNamesTheDevice()
    {
        var engines = new FaultyEngines(Synthetic.Engines(), (_, step) => step.Rows.Length > 0);
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(engines) with { Requests = requests => requests.MaxReplays = 1 });

        var answer = await fog.RunAsync(Synthetic.Request("doomed"));

        Assert.Equal(FinishReason.Failed, answer.Finish);
        var failure = answer.Last.Failure!;
        Assert.True(failure.MayRetry);
        // A replica that is out of service when the request comes names the device in its words.
        Assert.True(
            (failure.Party, failure.DeviceId) is (FailedParty.Engine, "a" or "c")
            || (failure.Party == FailedParty.Stage && (failure.Message.Contains("device a:", StringComparison.Ordinal) || failure.Message.Contains("device c:", StringComparison.Ordinal))),
            failure.ToString());
        Assert.Equal(1, answer.Last.Timeline!.Replays);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Run_PrefillReplicaFallsSilentAfterTheHandOff_DoesNotDelayTheEnd()
    {
        var silence = new SilentRelease();
        var options = SplitFog.Options() with { Silo = silo => silo.AddIncomingGrainCallFilter(silence) };
        await using var fog = await TestFog.ServeAsync(options);
        var request = Synthetic.Request("unattended", promptTokens: 40, maxTokens: 20);

        var answer = await fog.RunAsync(request).WaitAsync(TimeSpan.FromSeconds(10));

        SplitFog.AssertExact(request, answer);
        Assert.True(silence.Calls > 0);
        var timeline = answer.Last.Timeline!;
        Assert.EndsWith("/r0", timeline.Replica);
        Assert.EndsWith("/r1", timeline.DecoderReplica);
        Assert.True(timeline.PrefillStartSeconds <= timeline.FirstTokenSeconds);
        Assert.True(timeline.FirstTokenSeconds <= timeline.LastTokenSeconds);
        silence.End();
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Stop_WhileCachesAreHandedOver_EndsEveryRequest()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options());
        var plan = (await fog.Plan.GetStatusAsync()).Plan!;
        var running = Enumerable.Range(0, 20).Select(index => fog.RunAsync(Synthetic.Request($"s{index}", 60, 2000))).ToArray();
        await Task.WhenAny(running.Append(FirstHandOffAsync(fog)));

        await fog.Plan.StopAsync();

        var answers = await Task.WhenAll(running);
        Assert.All(answers, answer => Assert.Equal(FinishReason.Failed, answer.Finish));
        Assert.All(await fog.StagesAsync(plan), stage => Assert.Equal((false, 0), (stage.IsLoaded, stage.KvTransfers)));
    }

    private static async Task FirstHandOffAsync(TestFog fog)
    {
        while ((await fog.ReplicasAsync()).Sum(replica => replica.HandedOffRequests) == 0)
        {
        }
    }

    private static async Task RunManyAsync(IStageEngineFactory engines)
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(engines));
        var requests = Enumerable.Range(0, 12).Select(index =>
            Synthetic.Request($"f{index}", promptTokens: 30 + 5 * index, maxTokens: 40, seed: (uint)index)).ToArray();

        var answers = await Task.WhenAll(requests.Select(fog.RunAsync));

        for (var index = 0; index < requests.Length; index++)
            SplitFog.AssertExact(requests[index], answers[index]);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    /// <summary>The replica that holds a cache hears that it may let go, and says nothing.</summary>
    private sealed class SilentRelease : IIncomingGrainCallFilter
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _calls;

        public int Calls => _calls;

        public void End() => _ended.TrySetResult();

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.ImplementationMethod.Name == nameof(IReplicaGrain.ReleaseHeldAsync))
            {
                Interlocked.Increment(ref _calls);
                await _ended.Task;
            }
            await context.Invoke();
        }
    }
}
