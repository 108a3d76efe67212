using E2LLM.Core.Errors;
using E2LLM.Grains.Fleets;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace E2LLM.Silo.Tests.Hosting;

public sealed class FleetAttemptsTests
{
    private readonly ObservedTime _time = new();
    private readonly LogLines<FleetAttempts> _log = new();
    private int _attempts;

    public static TheoryData<Exception> Passing =>
    [
        new DeviceUnavailableException("the device is away"), new EngineException("no memory"), new TimeoutException("no answer"),
        new SiloUnavailableException("the silo has left"), new OperationCanceledException("given up"),
    ];

    public static TheoryData<Exception> Lasting =>
    [
        new PlanningException("12 bytes short"), new ConfigurationException("no such planner"), new ModelFileException("damaged"),
        new InvalidOperationException("a defect"),
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Run_FailureThatMayPass_TriesAgainUntilItServes(Exception failure)
    {
        var run = Attempts(() => _attempts < 3 ? throw failure : Task.CompletedTask).RunAsync(CancellationToken.None);
        for (var pause = 0.5; pause <= 1; pause *= 2)
        {
            var due = await _time.NextTimerAsync();
            Assert.Equal(pause, due.TotalSeconds);
            _time.Advance(due);
        }

        Assert.True(await run);

        Assert.Equal(3, _attempts);
        Assert.Equal([LogLevel.Warning, LogLevel.Warning, LogLevel.Information], _log.All.Select(line => line.Level));
        Assert.Equal($"Cannot serve demo yet, trying again in 0.5 s: {failure.Message}", _log.All[0].Text);
        Assert.Equal("Serving demo on fleet campus.", _log.All[^1].Text);
    }

    [Fact]
    public async Task Run_FailingOn_PausesGrowToThirtySeconds()
    {
        using var stop = new CancellationTokenSource();
        var run = Attempts(() => throw new TimeoutException()).RunAsync(stop.Token);
        List<double> pauses = [];
        while (pauses.Count < 9)
        {
            var due = await _time.NextTimerAsync();
            pauses.Add(due.TotalSeconds);
            if (pauses.Count < 9)
                _time.Advance(due);
        }
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30, 30], pauses);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task Run_FailureThatStays_StopsAndSaysWhy(Exception failure)
    {
        Assert.False(await Attempts(() => throw failure).RunAsync(CancellationToken.None));

        Assert.Equal(1, _attempts);
        var (level, text) = Assert.Single(_log.All);
        Assert.Equal(LogLevel.Error, level);
        Assert.Equal($"Cannot serve demo on fleet campus, and trying again would not help: {failure.Message}", text);
    }

    [Fact]
    public async Task Run_StoppedWhileItWaits_EndsWithoutAWord()
    {
        using var stop = new CancellationTokenSource();
        var run = Attempts(() => new TaskCompletionSource().Task).RunAsync(stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Empty(_log.All);
    }

    private FleetAttempts Attempts(Func<Task> apply) => new(
        "demo",
        "campus",
        () =>
        {
            _attempts++;
            return apply();
        },
        _time,
        _log);
}
