using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Chat;

/// <summary>Reads an answer to its end, or until it is cut short: then its last delta says that it was interrupted, and that it may be asked for again.</summary>
/// <remarks>
/// An answer that is cut short is left as it is rather than cancelled, which would be its client's doing: its request's grain, which the
/// silo stops a moment later, notes the interruption itself.
/// </remarks>
internal sealed class AnswerReader(IAsyncEnumerable<ChatDelta> source, CancellationToken cut, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ChatDelta> _deltas = source.GetAsyncEnumerator(cancellationToken);
    private bool _isCut;
    private bool _hasText;

    public ChatDelta Current { get; private set; } = new();

    public async ValueTask<bool> MoveNextAsync()
    {
        if (_isCut)
            return false;
        var move = _deltas.MoveNextAsync().AsTask();
        if (!move.IsCompleted)
        {
            await ((Task)move).WaitAsync(cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            _isCut = !move.IsCompleted;
        }

        if (!_isCut && !await move)
            return false;
        Current = _isCut ? Interrupted(_hasText) : _deltas.Current;
        _hasText |= Current.Text.Length > 0;
        return true;
    }

    /// <summary>An enumerator must not be disposed while it moves.</summary>
    public ValueTask DisposeAsync() => _isCut ? ValueTask.CompletedTask : _deltas.DisposeAsync();

    private static ChatDelta Interrupted(bool hasText) => new()
    {
        Finish = FinishReason.Interrupted,
        Failure = new RequestFailure
        {
            Party = FailedParty.Link,
            Phase = hasText ? RequestPhase.Decode : RequestPhase.Accepted,
            Message = "The server is stopping and could not wait for the end of this answer.",
            MayRetry = true,
        },
    };
}
