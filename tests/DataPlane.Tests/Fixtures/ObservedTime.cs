using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A clock that a test moves, and that tells which timers have been set.</summary>
internal sealed class ObservedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits until a timer of this length has been set, then lets it elapse.</summary>
    public async Task ElapseAsync(TimeSpan dueTime)
    {
        while (await _timers.Reader.ReadAsync().AsTask().Soon() != dueTime)
        {
        }
        Advance(dueTime);
    }

    /// <summary>Goes on in steps until a timer of this length has been set, then lets it elapse: for what depends on when others wrote last.</summary>
    public async Task AdvanceUntilSetAsync(TimeSpan step, TimeSpan dueTime)
    {
        for (var left = 20; left > 0; left--)
        {
            Advance(step);
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            try
            {
                while (await _timers.Reader.ReadAsync(limit.Token) != dueTime)
                {
                }
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            Advance(dueTime);
            return;
        }

        throw new TimeoutException($"No timer of {dueTime} was set.");
    }
}
