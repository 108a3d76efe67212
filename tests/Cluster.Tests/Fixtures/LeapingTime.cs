namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>The system's time, but a test can let it leap ahead: whatever is measured takes longer then, and timers go on as ever.</summary>
internal sealed class LeapingTime : TimeProvider
{
    private long _leapTicks;

    public override long TimestampFrequency => System.TimestampFrequency;

    public void Leap(TimeSpan by) => Interlocked.Add(ref _leapTicks, (long)(by.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _leapTicks);
}
