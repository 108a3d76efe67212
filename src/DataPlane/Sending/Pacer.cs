namespace E2LLM.DataPlane.Sending;

/// <summary>
/// Calls a pacing delegate for several connections on one exclusive scheduler: the waits overlap, as frames on a link do, but the
/// delegate's own code never runs twice at once.
/// </summary>
internal sealed class Pacer(Func<long, CancellationToken, Task> pace, TaskScheduler scheduler)
{
    /// <summary>Made where the sender is opened: a grain's pacing has to run in the grain.</summary>
    public static Pacer? Create(Func<long, CancellationToken, Task>? pace)
    {
        var current = TaskScheduler.Current;
        return pace is null ? null
            : new Pacer(pace, current == TaskScheduler.Default ? new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler : current);
    }

    public Task WaitAsync(long bytes, CancellationToken cancellationToken) => Task.Factory
        .StartNew(() => pace(bytes, cancellationToken), cancellationToken, TaskCreationOptions.DenyChildAttach, scheduler)
        .Unwrap();
}
