namespace E2LLM.Silo.Tests.Fixtures;

/// <summary>The machine's clock, which somebody sets: timestamps and timers go on as they did.</summary>
internal sealed class SettableClock : TimeProvider
{
    private long _offsetTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offsetTicks));

    public void Move(TimeSpan by) => Interlocked.Add(ref _offsetTicks, by.Ticks);
}
