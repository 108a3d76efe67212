using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;

namespace E2LLM.Cluster.Tests.Stages;

public sealed class StageLifeTests
{
    [Fact]
    public async Task Load_ReplicaNeverAsksForIt_FreesItsMemoryAfterTheLease()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        Assert.True((await stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 1))).IsLoaded);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await stage.GetStatusAsync()).IsLoaded)
            limit.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task Renew_WithinTheLease_KeepsTheSlice()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        await stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 2));

        using var threeLeases = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        while (!threeLeases.IsCancellationRequested)
            Assert.True((await stage.RenewAsync(Renewal(epoch: 1))).IsLoaded);
    }

    [Fact]
    public async Task Load_TwoAtOnce_TheLaterOneCountsAndTheOtherIsToldSo()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var engines = new GatedEngines(Synthetic.Engines(), gate.Task);
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices(engines));
        var stage = Stage(fog);
        var first = stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 600));
        await engines.Begun;
        var second = stage.LoadAsync(Assignment(fog, epoch: 2, leaseSeconds: 600));
        await stage.GetStatusAsync(); // comes after it
        gate.SetResult();

        Assert.True((await second).IsLoaded);
        await Assert.ThrowsAsync<EngineException>(() => first);
        Assert.Equal(1, engines.Living);
    }

    [Fact]
    public async Task Unload_OvertakenByALaterLoad_LeavesThatAlone()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        await stage.LoadAsync(Assignment(fog, epoch: 5, leaseSeconds: 600));

        await stage.UnloadAsync(epoch: 4);
        Assert.True((await stage.GetStatusAsync()).IsLoaded);
        await stage.UnloadAsync(epoch: 5);

        Assert.False((await stage.GetStatusAsync()).IsLoaded);
    }

    [Fact]
    public async Task Reset_Twice_IsOneReset()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        await stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 600));

        await stage.ResetAsync(epoch: 2, nextStep: 7);
        await stage.ResetAsync(epoch: 2, nextStep: 7);
        await stage.ResetAsync(epoch: 1, nextStep: 3);

        var progress = await stage.RenewAsync(Renewal(epoch: 2));
        Assert.Equal((2L, 7L), (progress.Epoch, progress.NextStep));
    }

    [Fact]
    public async Task Renew_SlotThatIsNoLongerNamed_IsDroppedAndAYoungerOneIsNot()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        await stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 600));
        foreach (var step in new[] { 3, 4, 5 })
            await stage.ExpectKvAsync(Expectation(step));
        Assert.Equal(3, (await stage.GetStatusAsync()).KvTransfers);

        await stage.RenewAsync(Renewal(epoch: 1) with { NextStep = 5, Slots = [new KvSlot(4, 0)] });

        Assert.Equal(2, (await stage.GetStatusAsync()).KvTransfers);
        await stage.DropKvAsync(new KvSlot(4, 0));
        await stage.DropKvAsync(new KvSlot(5, 0));
        Assert.Equal(0, (await stage.GetStatusAsync()).KvTransfers);
    }

    [Fact]
    public async Task Expect_Twice_GivesTheSameTargets()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var stage = Stage(fog);
        await stage.LoadAsync(Assignment(fog, epoch: 1, leaseSeconds: 600));

        var targets = await stage.ExpectKvAsync(Expectation(step: 3));

        Assert.Equal(
            targets.Select(target => target.Destination.TransferId),
            (await stage.ExpectKvAsync(Expectation(step: 3))).Select(target => target.Destination.TransferId));
        Assert.Equal(1, (await stage.GetStatusAsync()).KvTransfers);
    }

    private static IStageGrain Stage(TestFog fog) => fog.Client.GetGrain<IStageGrain>(DeviceKey.Stage("a", fog.ModelId, 1, "r0", 0));

    private static StageRenewal Renewal(long epoch) => new() { Epoch = epoch, NextStep = 0, Slots = [], NextSending = 0, Sendings = [] };

    private static KvExpectation Expectation(int step) => new()
    {
        Sources = [new KvSource("b", 0, 4)],
        Positions = 8,
        MaxRowBytes = 64,
        LeaseSeconds = 600,
        Slot = new KvSlot(step, Sequence: 0),
    };

    private static StageAssignment Assignment(TestFog fog, long epoch, double leaseSeconds) => fog.FirstStage("r0", generation: 1, epoch, leaseSeconds);

    /// <summary>Engines that load when they are let, and are counted.</summary>
    private sealed class GatedEngines(IStageEngineFactory inner, Task gate) : IStageEngineFactory
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _living;

        public Task Begun => _begun.Task;

        public int Living => _living;

        public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
        {
            _begun.TrySetResult();
            await gate;
            var engine = await inner.CreateAsync(spec, cancellationToken);
            Interlocked.Increment(ref _living);
            return new CountedEngine(engine, () => Interlocked.Decrement(ref _living));
        }

        private sealed class CountedEngine(IStageEngine inner, Action onDisposed) : IStageEngine
        {
            public StageEngineInfo Info => inner.Info;

            public StageEngineUsage Usage => inner.Usage;

            public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken) => inner.ExecuteAsync(step, cancellationToken);

            public async ValueTask DisposeAsync()
            {
                await inner.DisposeAsync();
                onDisposed();
            }
        }
    }
}
