using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Emulation;
using E2LLM.Inference.Synthetic;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Inference.Tests.Emulation;

public sealed class EmulatedStageEngineTests
{
    private static readonly StageEngineSpec Spec = new()
    {
        ModelId = "s",
        Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
        FirstLayer = 0,
        LayerCount = 8,
        Settings = new EngineSettings(),
    };

    [Fact]
    public async Task Execute_TakesSoManyTimesAsLongAndSaysSo()
    {
        var time = new FakeTimeProvider();
        await using var engine = await CreateAsync(new SyntheticTiming { CallSeconds = 0.010 }, time, slowdown: 4);
        await engine.ExecuteAsync(Open(), CancellationToken.None);
        var step = engine.ExecuteAsync(Row(0), CancellationToken.None);
        // The engine's own 10 ms, then the 30 that make it slow.
        await AdvanceAsync(time, 10);
        await AdvanceAsync(time, 29);
        Assert.False(step.IsCompleted);
        await AdvanceAsync(time, 1);
        Assert.Equal(0.040, (await step).ComputeSeconds, 9);
    }

    [Fact]
    public async Task Execute_OfManyShortSteps_TakesAsLongAltogetherAsItShould()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        await using var engine = await CreateAsync(new SyntheticTiming { CallSeconds = 0.0003 }, time, slowdown: 2);
        await engine.ExecuteAsync(Open(), CancellationToken.None);
        var started = time.GetTimestamp();
        for (var position = 0; position < 100; position++)
        {
            var step = engine.ExecuteAsync(Row(position), CancellationToken.None);
            while (!step.IsCompleted)
                await AdvanceAsync(time, 1);
            await step;
        }
        // 100 x 0.6 ms, although no single one is as long as a tick of the timer.
        Assert.InRange(time.GetElapsedTime(started).TotalMilliseconds, 54, 66);
    }

    [Fact]
    public async Task Dispose_DuringAWaitOnAClockThatStands_Ends()
    {
        var engine = await CreateAsync(new SyntheticTiming { CallSeconds = 1 }, new FakeTimeProvider(), slowdown: 4);
        var opening = engine.ExecuteAsync(Open(), CancellationToken.None);
        var step = engine.ExecuteAsync(Row(0), CancellationToken.None);
        await engine.DisposeAsync();
        await opening;
        await Record.ExceptionAsync(() => step);
        Assert.True(step.IsCompleted);
    }

    private static async Task AdvanceAsync(FakeTimeProvider time, int milliseconds)
    {
        time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        // Lets the continuations of the timers run, which are queued to the pool.
        for (var turn = 0; turn < 20; turn++)
            await Task.Yield();
    }

    private static async Task<EmulatedStageEngine> CreateAsync(SyntheticTiming timing, TimeProvider time, double slowdown)
    {
        var factory = new SyntheticStageEngineFactory(new SyntheticModelCatalog(SyntheticModel.Spec("s")), timing, time);
        return new EmulatedStageEngine((IKvStageEngine)await factory.CreateAsync(Spec, CancellationToken.None), slowdown, time);
    }

    private static StageStep Open() => new() { StepNumber = 0, Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)] };

    private static StageStep Row(int position) => new() { StepNumber = 1, Rows = [new StepRow(300, position, 0, true)] };
}
