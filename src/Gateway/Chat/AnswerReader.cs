using System.Runtime.CompilerServices;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Chat;

/// <summary>Reads an answer to its end, or until it is cut short: then its last delta says that it was interrupted, and that it may be asked for again.</summary>
/// <remarks>
/// An answer that is cut short ends where it is written, while the silo still runs: so the work stops, and the record and the statistics
/// have it. Where that takes too long, its client is told all the same.
/// </remarks>
internal sealed class AnswerReader : IAsyncDisposable
{
    /// <summary>What an answer that is cut short may take to end where it is written.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _leave;
    private readonly IAsyncEnumerator<ChatDelta> _deltas;
    private readonly Func<Task> _interrupt;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cut;
    private Task _move = Task.CompletedTask;
    private bool _isGivenUp;
    private bool _hasText;

    /// <param name="source">The answer.</param>
    /// <param name="interrupt">Has it end where it is written; called again while it has not. May fail.</param>
    /// <param name="time">Measures how long it may take to end.</param>
    /// <param name="cut">Cancelled when it has to end.</param>
    /// <param name="cancellationToken">Of whoever reads.</param>
    public AnswerReader(
        IAsyncEnumerable<ChatDelta> source, Func<Task> interrupt, TimeProvider time, CancellationToken cut, CancellationToken cancellationToken)
    {
        _leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _deltas = source.GetAsyncEnumerator(_leave.Token);
        _interrupt = interrupt;
        _cut = cut;
        _time = time;
    }

    public ChatDelta Current { get; private set; } = new();

    public async ValueTask<bool> MoveNextAsync()
    {
        if (_isGivenUp)
            return false;
        var move = _deltas.MoveNextAsync().AsTask();
        _move = move;
        if (!move.IsCompleted)
        {
            await Quietly(((Task)move).WaitAsync(_cut));
            if (!move.IsCompleted)
            {
                await EndAsync(move);
                _isGivenUp = !move.IsCompletedSuccessfully;
            }
        }

        if (!_isGivenUp && !await move)
            return false;
        Current = _isGivenUp ? Interrupted(_hasText) : _deltas.Current;
        _hasText |= Current.Text.Length > 0;
        return true;
    }

    /// <summary>An enumerator must not be disposed while it moves; one that is given up ends by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_move.IsCompleted)
            await _deltas.DisposeAsync();
        _leave.Dispose();
    }

    /// <summary>To leave before the request knows why would be its client's doing: it would be kept as cancelled.</summary>
    private async Task EndAsync(Task move)
    {
        var interruption = _interrupt();
        await Quietly(Task.WhenAll(interruption, move).WaitAsync(Patience, _time));
        if (!move.IsCompleted && interruption.IsCompleted)
            await _leave.CancelAsync();
    }

    private static ConfiguredTaskAwaitable Quietly(Task task) =>
        task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private static ChatDelta Interrupted(bool hasText) => new()
    {
        Finish = FinishReason.Interrupted,
        Failure = RequestFailure.ServerStopping(hasText ? RequestPhase.Decode : RequestPhase.Accepted),
    };
}
