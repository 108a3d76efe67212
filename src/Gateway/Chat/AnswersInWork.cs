using E2LLM.Core.Errors;

namespace E2LLM.Gateway.Chat;

/// <summary>
/// The answers that are being written, whichever door their requests came through. A host that stops takes no new ones, and whatever
/// outlasts its patience is cut short. Thread-safe.
/// </summary>
internal sealed class AnswersInWork : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;

    /// <summary>Whether no new answer is begun, because the host stops.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
                return _isClosed;
        }
    }

    /// <summary>Cancelled when what is still being written has to end now, with an error of its own.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Counts an answer until what is returned is disposed.</summary>
    /// <exception cref="ServerStoppingException">The host stops; the request may be sent to another one, or again.</exception>
    public IDisposable Begin()
    {
        lock (_lock)
        {
            if (_isClosed)
                throw new ServerStoppingException("The server is stopping and takes no new requests.");
            _count++;
        }
        return new Place(this);
    }

    /// <summary>Takes no new answers from now on; the task ends with the last of them.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_count == 0)
                _done.TrySetResult();
        }
        return _done.Task;
    }

    /// <summary>Ends what is still being written.</summary>
    public Task CutShortAsync() => _cut.CancelAsync();

    public void Dispose() => _cut.Dispose();

    private void End()
    {
        lock (_lock)
            if (--_count == 0 && _isClosed)
                _done.TrySetResult();
    }

    private sealed class Place(AnswersInWork answers) : IDisposable
    {
        public void Dispose() => answers.End();
    }
}
