namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>
/// What a reader makes of a replica's silence about a part. Unknown is not dead: a replica that is slow to answer, or whose silo stands
/// still for a moment, goes on afterwards, and its part with it.
/// </summary>
/// <remarks>
/// | state | goes on to |
/// |---|---|
/// | submitting | running: the replica has taken it, or sends updates; ended: it refuses, or is gone |
/// | running | ended: its last update, the replica no longer knows it, or it has been silent for a lease |
/// </remarks>
public sealed class PartSilence(double leaseSeconds, double nowSeconds)
{
    private double _heardSeconds = nowSeconds;

    /// <summary>Whether the replica is known to have taken the part: from then on, not to know it means to have lost it.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>The replica has taken the part, or has sent an update of it.</summary>
    public void Taken(double nowSeconds) => (IsTaken, _heardSeconds) = (true, nowSeconds);

    /// <summary>The replica has answered, whatever it said.</summary>
    public void Heard(double nowSeconds) => _heardSeconds = nowSeconds;

    /// <summary>Seconds of silence, where they are more than a lease: by then the replica has freed the part itself.</summary>
    public double? Overdue(double nowSeconds) => nowSeconds - _heardSeconds is var silence && silence > leaseSeconds ? silence : null;
}
