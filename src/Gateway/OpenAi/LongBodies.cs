using System.Collections.Concurrent;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Parses long bodies one after the other, on a thread of its own.</summary>
/// <remarks>
/// The parser's table has 12 bytes for every value, six times a body of one digit after the other. It comes from the shared array pool,
/// which keeps an array of each size for every thread that has given one back: 64 such bodies on the threads of the thread pool left
/// the process with 1.9 GB, for ever.
/// </remarks>
internal sealed class LongBodies : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public LongBodies() => new Thread(Work) { IsBackground = true, Name = "E2LLM long bodies" }.Start();

    /// <summary>What it is given may be reused once the task has ended. Who has left before their turn is passed over.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(
            () =>
            {
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    done.SetResult(work());
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            },
            CancellationToken.None);
        return done.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    private void Work()
    {
        foreach (var action in _work.GetConsumingEnumerable())
            action();
    }
}
