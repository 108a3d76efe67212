using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Silo.Tests.Fixtures;

/// <summary>A clock that stands still and tells which timers were started, so that a test can wait for one.</summary>
internal sealed class ObservedTime : FakeTimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _started = new();
    private readonly SemaphoreSlim _starts = new(0);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _started.Enqueue(dueTime);
        _starts.Release();
        return timer;
    }

    /// <summary>The due time of the next timer that was not asked for yet.</summary>
    public async Task<TimeSpan> NextTimerAsync()
    {
        Assert.True(await _starts.WaitAsync(TimeSpan.FromSeconds(30)), "Nobody started a timer.");
        return _started.TryDequeue(out var due) ? due : throw new InvalidOperationException("The count and the queue differ.");
    }
}
