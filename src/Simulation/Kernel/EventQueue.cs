namespace E2LLM.Simulation.Kernel;

/// <summary>
/// What is to happen, by time, then by kind, then by the order in which it was scheduled. Single-threaded: that order is total, so the
/// same start gives the same run.
/// </summary>
public sealed class EventQueue
{
    private readonly PriorityQueue<Action, EventPlace> _events = new();
    private long _sequence;

    /// <summary>Virtual time in seconds since the start.</summary>
    public double NowSeconds { get; private set; }

    /// <summary>Events that have happened.</summary>
    public long Happened { get; private set; }

    /// <param name="seconds">Virtual time; not before <see cref="NowSeconds"/>.</param>
    /// <param name="kind">Settles which of those at the same time comes first.</param>
    /// <param name="happen">What to do then.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time has passed, or is no number.</exception>
    public void At(double seconds, EventKind kind, Action happen)
    {
        if (!(seconds >= NowSeconds && double.IsFinite(seconds)))
            throw new ArgumentOutOfRangeException(nameof(seconds), seconds, FormattableString.Invariant($"Must be a time from {NowSeconds} s on."));
        _events.Enqueue(happen, new EventPlace(seconds, kind, _sequence++));
    }

    /// <summary>Lets everything happen, what is scheduled on the way included.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        while (_events.TryDequeue(out var happen, out var at))
        {
            if ((++Happened & 0xfff) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            NowSeconds = at.Seconds;
            happen();
        }
    }

    private readonly record struct EventPlace(double Seconds, EventKind Kind, long Sequence) : IComparable<EventPlace>
    {
        public int CompareTo(EventPlace other)
        {
            var order = Seconds.CompareTo(other.Seconds);
            if (order == 0)
                order = ((int)Kind).CompareTo((int)other.Kind);
            return order == 0 ? Sequence.CompareTo(other.Sequence) : order;
        }
    }
}
