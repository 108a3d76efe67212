using System.Threading.Channels;
using E2LLM.Clustering;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Extensions.Logging;

namespace E2LLM.Silo.Tests.Clustering;

public sealed class TableWatchTests
{
    private readonly ObservedTime _time = new();
    private readonly LogLines<TableWatch> _log = new();
    private readonly Channel<bool> _reads = Channel.CreateUnbounded<bool>();
    private bool _isAway;

    [Fact]
    public async Task Table_IsAwayForAWhile_IsSaidOnceAndItsReturnToo()
    {
        using var watch = new TableWatch(Read, _time, _log);
        await watch.StartAsync(CancellationToken.None);
        Assert.Equal(TableWatch.Period, await _time.NextTimerAsync());

        foreach (var isAway in (bool[])[false, true, true, true, false, false])
        {
            _isAway = isAway;
            _time.Advance(TableWatch.Period);
            await _reads.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        await watch.StopAsync(CancellationToken.None);

        Assert.Equal([LogLevel.Error, LogLevel.Warning], _log.All.Select(line => line.Level));
        Assert.StartsWith("The cluster's table does not answer: refused. The silos go on", _log.All[0].Text);
        Assert.Equal("The cluster's table answers again after 30 s.", _log.All[1].Text);
    }

    private Task Read(CancellationToken cancellationToken)
    {
        _reads.Writer.TryWrite(true);
        return _isAway ? Task.FromException(new IOException("refused")) : Task.CompletedTask;
    }
}
