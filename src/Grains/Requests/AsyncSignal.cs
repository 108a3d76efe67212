namespace E2LLM.Grains.Requests;

/// <summary>
/// An event that comes again and again, awaited by any number of waiters. Continuations run on the waiter's own scheduler. One owner
/// at a time: made for the turns of a grain.
/// </summary>
internal sealed class AsyncSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>Wakes all who wait now.</summary>
    public void Pulse()
    {
        var due = _next;
        _next = New();
        due.SetResult();
    }

    /// <summary>The next pulse. To miss none, ask for it before looking at what it tells of.</summary>
    public Task WaitAsync() => _next.Task;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
