
namespace E2LLM.Silo.Hosting;

/// <summary>
/// Wall time that is only ever counted on from where it was at the start. A machine without a clock of its own has its time set when
/// the network comes, back as well as forth.
/// </summary>
/// <param name="time">Its timestamps and timers are taken as they are; its wall clock is read once.</param>
internal sealed class SteadyTime(TimeProvider time) : TimeProvider
{
    /// <summary>
    /// What of Orleans measures spans with the wall clock. Its activation collector throws at each new activation while the clock is
    /// behind the last collection, and timers wait until the clock has caught up. Not membership: its table holds the wall clock of
    /// every silo, to compare with the reader's own.
    /// </summary>
    private static readonly string[] Users =
    [
        TimeProviderNames.ActivationManagement, TimeProviderNames.Grains, TimeProviderNames.SystemTimers, TimeProviderNames.Messaging,
        TimeProviderNames.GrainDirectory,
    ];

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _start = time.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    public override long TimestampFrequency => time.TimestampFrequency;

    /// <summary>Gives Orleans this clock. What is told to people keeps the wall clock.</summary>
    public static void AddTo(IServiceCollection services, TimeProvider time)
    {
        var steady = new SteadyTime(time);
        foreach (var user in Users)
            services.AddKeyedSingleton<TimeProvider>(user, steady);
    }

    public override DateTimeOffset GetUtcNow() => _startedAt + time.GetElapsedTime(_start);

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
