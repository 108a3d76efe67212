namespace E2LLM.Inference.Engines;

/// <summary>
/// Waits that come out right on average although timers tick in milliseconds: what a wait took too long, or was too short for the
/// timer, is set off against the next ones.
/// </summary>
internal sealed class OwedTime(TimeProvider time)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    // More credit than this would let a long stall make many later steps free.
    private static readonly TimeSpan MostCredit = TimeSpan.FromMilliseconds(20);

    private TimeSpan _owed;

    public async Task WaitAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        _owed += duration;
        if (_owed < ShortestWait)
            return;
        var started = time.GetTimestamp();
        await Task.Delay(_owed, time, cancellationToken).ConfigureAwait(false);
        _owed -= time.GetElapsedTime(started);
        if (_owed < -MostCredit)
            _owed = -MostCredit;
    }
}
