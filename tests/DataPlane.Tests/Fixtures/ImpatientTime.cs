namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>The real clock, but the pauses between two attempts, which are at most 2 s long, take a millisecond.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime >= TimeSpan.Zero && dueTime <= LongestPause ? Pause : dueTime, period);
}
