namespace E2LLM.Core.Timing;

/// <summary>
/// Waits that come out right on average although timers tick in milliseconds: what a wait took too long, or was too short for the
/// timer, is set off against the next ones. Waits may overlap; calls and continuations have to come from one thread at a time.
/// </summary>
public sealed class OwedTime(TimeProvider time)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    // More credit than this would let a long stall make many later steps free.
    private static readonly TimeSpan MostCredit = TimeSpan.FromMilliseconds(20);

    private TimeSpan _owed;

    public async Task WaitAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var wait = _owed + duration;
        if (wait < ShortestWait)
        {
            _owed = wait;
            return;
        }
        _owed = TimeSpan.Zero;
        var started = time.GetTimestamp();
        await Task.Delay(wait, time, cancellationToken);
        _owed += wait - time.GetElapsedTime(started);
        if (_owed < -MostCredit)
            _owed = -MostCredit;
    }
}
