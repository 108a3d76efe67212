namespace E2LLM.Grains.Requests;

/// <summary>One event, awaited by any number of readers. Continuations run on the waiter's own scheduler.</summary>
internal sealed class AsyncSignal
{
    private readonly TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => _set.TrySetResult();

    public Task WaitAsync() => _set.Task;
}
