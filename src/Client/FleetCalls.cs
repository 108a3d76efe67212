using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;

namespace E2LLM.Client;

/// <summary>
/// Calls to the fleet that end with an error of our own where the connection is lost, and as soon as that is known: Orleans itself lets
/// calls that are under way wait for the end of their time. Thread-safe.
/// </summary>
internal sealed class FleetCalls
{
    private TaskCompletionSource _lost = NewLoss();

    /// <summary>No gateway is connected any more: what is under way will not be answered. Later calls try to connect again.</summary>
    public void OnConnectionLost() => Interlocked.Exchange(ref _lost, NewLoss()).SetResult();

    /// <exception cref="E2LlmException">The connection was lost.</exception>
    public async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var lost = Volatile.Read(ref _lost).Task;
        try
        {
            return await UnlessLostAsync(call(), lost, cancellationToken);
        }
        catch (Exception error) when (IsLoss(error, cancellationToken))
        {
            throw Lost(error);
        }
    }

    /// <exception cref="E2LlmException">The connection was lost.</exception>
    public async IAsyncEnumerable<T> StreamAsync<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var lost = Volatile.Read(ref _lost).Task;
        var elements = source.GetAsyncEnumerator(cancellationToken);
        var isLost = false;
        try
        {
            while (true)
            {
                try
                {
                    // The source heeds its token by itself, and must not be left while it moves.
                    if (!await UnlessLostAsync(elements.MoveNextAsync().AsTask(), lost, CancellationToken.None))
                        yield break;
                }
                catch (Exception error) when (IsLoss(error, cancellationToken))
                {
                    isLost = true;
                    throw Lost(error);
                }
                yield return elements.Current;
            }
        }
        finally
        {
            // Where the connection is gone there is nobody to tell that the enumeration ends.
            if (!isLost)
                await elements.DisposeAsync();
        }
    }

    private static async Task<T> UnlessLostAsync<T>(Task<T> call, Task lost, CancellationToken cancellationToken)
    {
        await Task.WhenAny(call, lost).WaitAsync(cancellationToken);
        return call.IsCompleted ? await call : throw new IOException("The last gateway has closed its connection.");
    }

    private static TaskCompletionSource NewLoss() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A silo that shuts down cancels what nobody else has.</summary>
    private static bool IsLoss(Exception error, CancellationToken own) => error switch
    {
        OrleansException or TimeoutException or EnumerationAbortedException or IOException => true,
        OperationCanceledException => !own.IsCancellationRequested,
        _ => false,
    };

    private static E2LlmException Lost(Exception error) =>
        new("The connection to the fleet was lost, or it did not answer in time. The request may have run; it can be sent again.", mayRetry: true, error);
}
