using System.Threading.Channels;
using E2LLM.Core.Errors;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Silo.Tests.Retention;

public sealed class RetentionServiceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines<RetentionService> _log = new();
    private readonly Channel<string> _work = Channel.CreateUnbounded<string>();

    [Fact]
    public async Task Start_AtOnceAndEveryHour_CleansUpBoth()
    {
        using var service = Service(() => 3, () => 500);
        await service.StartAsync(CancellationToken.None);
        Assert.Equal(["journal", "slices"], await NextAsync(2));
        Assert.False(_work.Reader.TryRead(out _));

        _time.Advance(RetentionService.Period);

        Assert.Equal(["journal", "slices"], await NextAsync(2));
        await service.StopAsync(CancellationToken.None);
        Assert.Contains((LogLevel.Information, "Removed the records of 3 requests from the journal."), _log.All);
        Assert.Contains((LogLevel.Information, "Removed 500 bytes of slices and weights that were not used for longest."), _log.All);
    }

    [Fact]
    public async Task Start_OneFails_TheOtherIsCleanedUpAndTheNextHourTriesAgain()
    {
        using var service = Service(() => throw new SqliteException("locked", 5), () => throw new E2LlmException("no disk"));
        await service.StartAsync(CancellationToken.None);
        Assert.Equal(["journal", "slices"], await NextAsync(2));

        _time.Advance(RetentionService.Period);

        Assert.Equal(["journal", "slices"], await NextAsync(2));
        await service.StopAsync(CancellationToken.None);
        Assert.Contains((LogLevel.Warning, "Could not clean up the slice store: no disk"), _log.All);
    }

    private RetentionService Service(Func<int> pruneJournal, Func<long> trimSlices) => new(
        _ =>
        {
            _work.Writer.TryWrite("journal");
            return pruneJournal();
        },
        _ =>
        {
            _work.Writer.TryWrite("slices");
            return Task.FromResult(trimSlices());
        },
        _time,
        _log);

    private async Task<List<string>> NextAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        List<string> done = [];
        while (done.Count < count)
            done.Add(await _work.Reader.ReadAsync(patience.Token));
        return done;
    }
}
