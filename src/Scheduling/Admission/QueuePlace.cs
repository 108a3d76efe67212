namespace E2LLM.Scheduling.Admission;

/// <summary>Where a request stands in its queue; the smaller one goes first.</summary>
/// <param name="Seconds">When it came, less the head start of its class.</param>
/// <param name="Number">Counts the requests of the queue; settles ties.</param>
internal readonly record struct QueuePlace(double Seconds, long Number) : IComparable<QueuePlace>
{
    public int CompareTo(QueuePlace other) => (Seconds, Number).CompareTo((other.Seconds, other.Number));
}
