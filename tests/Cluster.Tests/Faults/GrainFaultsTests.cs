using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Faults;

public sealed class GrainFaultsTests
{
    private const string Add = "IVictimGrain.AddAsync";

    [Fact]
    public async Task Call_Lost_NeverRunsAndTimesOut()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = Add, LostCalls = 1 });
        await using var fog = await StartAsync(faults);
        faults.Begin();

        await Assert.ThrowsAsync<TimeoutException>(() => Victim(fog).AddAsync());

        Assert.Equal(0, await Victim(fog).GetAsync());
        Assert.Equal(1, faults.Count(FaultKind.LostCall, Add));
    }

    [Fact]
    public async Task Reply_Lost_RunsOnceAndTimesOut()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = Add, LostReplies = 1 });
        await using var fog = await StartAsync(faults);
        faults.Begin();

        await Assert.ThrowsAsync<TimeoutException>(() => Victim(fog).AddAsync());

        Assert.Equal(1, await Victim(fog).GetAsync());
        Assert.Equal(1, faults.Count(FaultKind.LostReply, Add));
    }

    [Fact]
    public async Task Call_Doubled_RunsTwiceAndAnswersOnce()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = Add, Duplicates = 1 });
        await using var fog = await StartAsync(faults);
        faults.Begin();

        Assert.InRange(await Victim(fog).AddAsync(), 1, 2);

        await faults.EndAsync();
        Assert.Equal(2, await Victim(fog).GetAsync());
        Assert.Equal(1, faults.Count(FaultKind.Duplicate, Add));
    }

    [Fact]
    public async Task Call_Delayed_IsOvertaken()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = Add, Delays = 1, MaxDelay = TimeSpan.FromSeconds(8) });
        await using var fog = await StartAsync(faults);
        faults.Begin();

        var late = Victim(fog).AddAsync();

        Assert.Equal(0, await Victim(fog).GetAsync());
        Assert.Equal(1, await late);
    }

    [Fact]
    public async Task Observer_CallsLost_TimeOutWhereAnAnswerIsAwaited()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = "IVictimObserver.*", LostCalls = 1 });
        await using var fog = await StartAsync(faults);
        var observer = new Observer();
        var reference = fog.Client.CreateObjectReference<IVictimObserver>(observer);
        await Victim(fog).TellAsync(reference);
        faults.Begin();

        await Assert.ThrowsAsync<TimeoutException>(() => Victim(fog).TellAsync(reference));
        await Victim(fog).MentionAsync(reference);

        Assert.Equal(1, observer.Heard);
        Assert.Equal(1, faults.Count(FaultKind.LostCall, "IVictimObserver.HearAsync"));
        Assert.Equal(1, faults.Count(FaultKind.LostCall, "IVictimObserver.OverhearAsync"));
    }

    [Fact]
    public async Task Observer_CallsDoubled_AreHeardTwice()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = "IVictimObserver.*", Duplicates = 1 });
        await using var fog = await StartAsync(faults);
        var observer = new Observer();
        var reference = fog.Client.CreateObjectReference<IVictimObserver>(observer);
        faults.Begin();

        await Victim(fog).TellAsync(reference);

        await faults.EndAsync();
        Assert.Equal(2, observer.Heard);
    }

    /// <summary>Hidden states are handed over within a silo, and each copy has to have its own.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Steps_AllDoubled_ChangeNoToken(int silos)
    {
        var faults = new GrainFaults(
            1, new FaultRule { Calls = "IStageGrain.EnqueueAsync", Duplicates = 1 }, new FaultRule { Calls = "IReplicaGrain.CompleteStepAsync", Duplicates = 1 });
        var options = silos == 1
            ? Synthetic.Options([[Synthetic.Device("a"), Synthetic.Device("b")]])
            : Synthetic.Options([[Synthetic.Device("a")], [Synthetic.Device("b")]]);
        await using var fog = await TestFog.ServeAsync(options with
        {
            Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", 5)])),
            Faults = faults,
        });
        faults.Begin();
        var request = Synthetic.Request("twice", promptTokens: 40, maxTokens: 30);

        var running = fog.RunAsync(request);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System));
        Assert.True(running.IsCompleted, $"{string.Join('\n', (await fog.Plan.GetStatusAsync()).Replicas)}\n{faults}");
        var answer = await running;

        Assert.Equal((FinishReason.Length, 0), (answer.Finish, answer.Last.Timeline!.Replays));
        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
        Assert.True(faults.Count(FaultKind.Duplicate, "IStageGrain.EnqueueAsync") > 30, faults.ToString());
        await faults.EndAsync();
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    [Fact]
    public async Task Stream_PartLost_TellsItsReader()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = "IRequestGrain.RunAsync/MoveNext", LostReplies = 1 });
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices() with { Faults = faults });
        faults.Begin();

        await Assert.ThrowsAsync<TimeoutException>(() => fog.RunAsync(Synthetic.Request("torn", maxTokens: 200)));

        Assert.Equal(1, faults.Count(FaultKind.LostReply, "IRequestGrain.RunAsync/MoveNext"));
    }

    [Fact]
    public async Task Stream_PartsDoubled_ComeLateInstead()
    {
        var faults = new GrainFaults(1, new FaultRule { Calls = "IRequestGrain.RunAsync/*", Duplicates = 1, MaxDelay = TimeSpan.FromMilliseconds(1) });
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices() with { Faults = faults });
        faults.Begin();
        var request = Synthetic.Request("late", maxTokens: 50);

        var answer = await fog.RunAsync(request);

        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
        Assert.True(faults.Count(FaultKind.Delay) > 1, faults.ToString());
        Assert.Equal(0, faults.Count(FaultKind.Duplicate, "*/MoveNext"));
    }

    [Fact]
    public void Next_SameSeed_SameFateInAnyOrderOfNames()
    {
        FaultRule rule = new() { Calls = "*", LostCalls = 0.1, LostReplies = 0.1, Delays = 0.1, Duplicates = 0.1 };
        var (first, second, other) = (On(1, rule), On(1, rule), On(2, rule));

        Fault?[] Fates(GrainFaults faults, string call) => [.. Enumerable.Range(0, 1000).Select(_ => faults.Next(call, true))];
        var (a, b) = (Fates(first, "a"), Fates(first, "b"));

        Assert.Equal(b, Fates(second, "b"));
        Assert.Equal(a, Fates(second, "a"));
        Assert.NotEqual(a, b);
        Assert.NotEqual(a, Fates(other, "a"));
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.InRange(first.Count(kind, "a"), 60, 140));
    }

    [Fact]
    public void Next_ControlCalls_PassUnlessNamed()
    {
        var all = On(1, new FaultRule { Calls = "*", LostCalls = 1 });
        var named = On(1, new FaultRule { Calls = "IReplicaGrain.StartAsync", LostCalls = 1, MaxFaults = 1 });

        Assert.Null(all.Next("IReplicaGrain.StartAsync", true));
        Assert.NotNull(all.Next("IReplicaGrain.KeepAliveAsync", true));
        Assert.NotNull(named.Next("IReplicaGrain.StartAsync", true));
        Assert.Null(named.Next("IReplicaGrain.StartAsync", true)); // it had one to give
    }

    private static GrainFaults On(int seed, FaultRule rule)
    {
        var faults = new GrainFaults(seed, rule);
        faults.Begin();
        return faults;
    }

    private static Task<TestFog> StartAsync(GrainFaults faults) =>
        TestFog.StartAsync(Synthetic.Options([[Synthetic.Device("a")]]) with { Faults = faults });

    private static IVictimGrain Victim(TestFog fog) => fog.Client.GetGrain<IVictimGrain>("victim");

    private sealed class Observer : IVictimObserver
    {
        private int _heard;

        public int Heard => _heard;

        public Task HearAsync()
        {
            Interlocked.Increment(ref _heard);
            return Task.CompletedTask;
        }

        public Task OverhearAsync() => HearAsync();
    }
}
