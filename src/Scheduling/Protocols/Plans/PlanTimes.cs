namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>How long a plan waits for what. All in seconds of a clock that only ever goes forward.</summary>
public sealed record PlanTimes
{
    /// <summary>The pause before a replica is started anew, or told to stop once more; it doubles with every failure.</summary>
    public double FirstPauseSeconds { get; init; } = 0.5;

    public double LongestPauseSeconds { get; init; } = 30;

    /// <summary>How long a replica that has to go may finish what it has, while others take what is new.</summary>
    public double DrainSeconds { get; init; } = 30;

    /// <summary>A replica that has been silent for so long is unknown: three of its reporting periods.</summary>
    public double UnknownSeconds { get; init; } = 3;

    /// <summary>A replica that has been silent for so long is started anew.</summary>
    public double SilenceSeconds { get; init; } = 60;

    /// <summary>How long a request may be on its way: a report that comes sooner may not count it yet.</summary>
    public double RoutedSeconds { get; init; } = 0.1;

    /// <param name="failures">One after the other; at least 1.</param>
    public double PauseSeconds(int failures) => Math.Min(LongestPauseSeconds, FirstPauseSeconds * Math.Pow(2, Math.Min(failures, 30) - 1));
}
