namespace E2LLM.Cli.Bench.Load;

/// <summary>Seconds since a load began.</summary>
internal sealed class LoadClock(TimeProvider time)
{
    private const double SpinSeconds = 0.002;

    private readonly long _start = time.GetTimestamp();

    public double Seconds => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Returns at the moment, or at once when it is past. Timers count in milliseconds, so the last two are spun.</summary>
    public async Task WaitUntilAsync(double seconds, CancellationToken cancellationToken)
    {
        while (seconds - Seconds is > 0 and var left)
        {
            if (left > SpinSeconds)
                await Task.Delay(TimeSpan.FromSeconds(left - (SpinSeconds / 2)), time, cancellationToken);
            else
                await Task.Yield();
        }
    }
}
