namespace E2LLM.Simulation.Timelines;

/// <summary>Keeps what it hears, up to a limit: a long run has millions of intervals.</summary>
/// <param name="maxIntervals">Of stages, and of transfers, each.</param>
public sealed class TimelineRecorder(int maxIntervals = TimelineRecorder.DefaultMaxIntervals) : ITimelineListener
{
    /// <summary>About 100 MB.</summary>
    public const int DefaultMaxIntervals = 1_000_000;

    private readonly List<StageBusy> _stages = [];
    private readonly List<KvTransfer> _transfers = [];

    /// <summary>In the order of issue: those of one stage in the order of time.</summary>
    public IReadOnlyList<StageBusy> Stages => _stages;

    /// <summary>In the order in which they were decided.</summary>
    public IReadOnlyList<KvTransfer> Transfers => _transfers;

    /// <summary>Whether there was more than is kept.</summary>
    public bool IsCut { get; private set; }

    public void OnStageBusy(StageBusy busy) => Keep(_stages, busy);

    public void OnKvTransfer(KvTransfer transfer) => Keep(_transfers, transfer);

    private void Keep<T>(List<T> kept, T interval)
    {
        if (kept.Count < maxIntervals)
            kept.Add(interval);
        else
            IsCut = true;
    }
}
