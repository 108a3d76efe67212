using System.Collections.Concurrent;
using E2LLM.Core.Errors;

namespace E2LLM.Inference.Engines;

/// <summary>The one thread that runs an engine's native code. Work runs in the order in which it was posted.</summary>
internal sealed class EngineWorker
{
    private readonly BlockingCollection<WorkItem> _queue = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private int _stopping;

    public EngineWorker(string name)
    {
        _name = name;
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <param name="work">Runs on the worker's thread.</param>
    /// <param name="onDropped">Runs instead of the work, once, where it is cancelled or the worker stops before its turn.</param>
    /// <param name="cancellationToken">Has no effect once the work runs.</param>
    public Task<T> Post<T>(Func<T> work, Action onDropped, CancellationToken cancellationToken)
    {
        var item = new WorkItem<T>(work, onDropped);
        item.DropOn(cancellationToken);
        try
        {
            _queue.Add(item, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            item.Drop(Unloaded());
        }
        return item.Result;
    }

    /// <summary>Drops what waits, lets what runs finish, runs the clean-up on the worker's thread and ends it. Idempotent.</summary>
    public Task StopAsync(Action cleanUp)
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            Func<bool> last = () =>
            {
                cleanUp();
                return true;
            };
            _queue.Add(new WorkItem<bool>(last, onDropped: () => { }) { EndsWorker = true });
            _queue.CompleteAdding();
        }
        return _stopped.Task;
    }

    private void Run()
    {
        foreach (var item in _queue.GetConsumingEnumerable())
            if (_queue.IsAddingCompleted && !item.EndsWorker)
                item.Drop(Unloaded());
            else
                item.Run();
        _queue.Dispose();
        _stopped.SetResult();
    }

    private EngineException Unloaded() => new($"{_name} is being unloaded.");

    private abstract class WorkItem
    {
        public bool EndsWorker { get; init; }

        public abstract void Run();

        public abstract void Drop(Exception reason);
    }

    private sealed class WorkItem<T>(Func<T> work, Action onDropped) : WorkItem
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _registration;
        private int _taken;

        public Task<T> Result => _result.Task;

        public void DropOn(CancellationToken cancellationToken) =>
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((WorkItem<T>)state!).Drop(new OperationCanceledException(token)), this);

        public override void Run()
        {
            if (!Take())
                return;
            _registration.Dispose();
            try
            {
                _result.SetResult(work());
            }
            catch (Exception error)
            {
                _result.SetException(error);
            }
        }

        public override void Drop(Exception reason)
        {
            if (!Take())
                return;
            onDropped();
            if (reason is OperationCanceledException cancelled)
                _result.SetCanceled(cancelled.CancellationToken);
            else
                _result.SetException(reason);
        }

        private bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
