using System.Runtime.CompilerServices;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Marks the silences of a stream.</summary>
internal static class KeepAlive
{
    /// <summary>The elements of the source, and null whenever none has come for the interval.</summary>
    public static async IAsyncEnumerable<T?> WithSilencesAsync<T>(
        this IAsyncEnumerable<T> source,
        TimeSpan interval,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var elements = source.GetAsyncEnumerator(leaving.Token);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                next = elements.MoveNextAsync().AsTask();
                while (!await IsDoneAsync(next, interval, time, cancellationToken))
                    yield return null;
                if (!await next)
                    yield break;
                yield return elements.Current;
            }
        }
        finally
        {
            // An enumerator must not be disposed while it moves: who leaves during a silence ends the move first.
            if (next is { IsCompleted: false })
            {
                await leaving.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await elements.DisposeAsync();
        }
    }

    private static async ValueTask<bool> IsDoneAsync(Task task, TimeSpan interval, TimeProvider time, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
            return true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var silence = Task.Delay(interval, time, stop.Token);
        var first = await Task.WhenAny(task, silence);
        await stop.CancelAsync();
        return first == task || silence.IsCanceled;
    }
}
