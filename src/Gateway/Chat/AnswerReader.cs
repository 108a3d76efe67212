using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Chat;

/// <summary>Reads an answer to its end, or until it is cut short: then its last delta says that it was interrupted, and that it may be asked for again.</summary>
/// <remarks>
/// Of an answer that is cut short the request's grain is told before its enumeration is cancelled, which would be the client's doing.
/// Cancelled it has to be: a read that waits for the next token would hold up the end of the silo by many seconds.
/// </remarks>
internal sealed class AnswerReader : IAsyncDisposable
{
    /// <summary>How long the fleet may take to note that an answer is cut short: a replica may be hung.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Func<Task> _interrupt;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cut;
    private readonly CancellationTokenSource _leaving;
    private readonly IAsyncEnumerator<ChatDelta> _deltas;
    private Task _move = Task.CompletedTask;
    private Task? _interruption;
    private bool _hasText;

    /// <param name="source">The answer; takes the token that it is enumerated with.</param>
    /// <param name="interrupt">Tells the fleet that the answer is cut short; ends when that is noted.</param>
    /// <param name="time">Measures how long that takes.</param>
    /// <param name="cut">When to cut it short.</param>
    /// <param name="cancellationToken">The client's.</param>
    public AnswerReader(IAsyncEnumerable<ChatDelta> source, Func<Task> interrupt, TimeProvider time, CancellationToken cut, CancellationToken cancellationToken)
    {
        (_interrupt, _time, _cut) = (interrupt, time, cut);
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _deltas = source.GetAsyncEnumerator(_leaving.Token);
    }

    public ChatDelta Current { get; private set; } = new();

    public async ValueTask<bool> MoveNextAsync()
    {
        if (_interruption is not null)
            return false;
        var move = _deltas.MoveNextAsync().AsTask();
        if (!move.IsCompleted)
        {
            _move = move;
            await _move.WaitAsync(_cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!move.IsCompleted)
                _interruption = _interrupt();
        }

        if (_interruption is null && !await move)
            return false;
        Current = _interruption is null ? _deltas.Current : Interrupted(_hasText);
        _hasText |= Current.Text.Length > 0;
        return true;
    }

    /// <summary>Of an answer that was cut short, after its client has been told: ends when the fleet has noted that, or will not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_interruption is not null)
        {
            await _interruption.WaitAsync(Patience, _time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await _leaving.CancelAsync();
        }

        // An enumerator must not be disposed while it moves.
        await _move.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _deltas.DisposeAsync();
        _leaving.Dispose();
    }

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
