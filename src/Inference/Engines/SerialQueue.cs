namespace E2LLM.Inference.Engines;

/// <summary>Asynchronous turns, taken in the order of the calls. For engines whose work is waiting, not computing.</summary>
internal sealed class SerialQueue
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <param name="work">Runs when every earlier turn is over; cancelling no longer reaches it.</param>
    /// <param name="onDropped">Runs instead where the turn is cancelled while it waits.</param>
    /// <param name="cancellationToken">Gives the turn up while it waits; later turns still wait for the earlier ones.</param>
    public Task<T> Enqueue<T>(Func<Task<T>> work, Action onDropped, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task previous;
        lock (_gate)
        {
            previous = _last;
            _last = over.Task;
        }
        return TakeTurnAsync(previous, over, work, onDropped, cancellationToken);
    }

    /// <summary>Completes when every turn asked for so far is over.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
            return _last;
    }

    private static async Task<T> TakeTurnAsync<T>(
        Task previous, TaskCompletionSource over, Func<Task<T>> work, Action onDropped, CancellationToken cancellationToken)
    {
        try
        {
            await previous.WaitAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            _ = previous.ContinueWith(
                static (_, state) => ((TaskCompletionSource)state!).SetResult(), over, CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            onDropped();
            throw;
        }
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            over.SetResult();
        }
    }
}
