using E2LLM.Core.Errors;

namespace E2LLM.Inference.Engines;

/// <summary>The one thread that runs an engine's native code. Work runs in the order in which it was posted.</summary>
internal sealed class EngineWorker
{
    private readonly object _gate = new(); // not a Lock: the worker waits on it
    private readonly Queue<WorkItem> _queue = []; // under the gate
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private bool _isStopping; // under the gate

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
        if (!TryAdd(item))
            item.Drop(Unloaded());
        return item.Result;
    }

    /// <summary>Drops what waits, lets what runs finish, runs the clean-up on the worker's thread and ends it. Idempotent.</summary>
    public Task StopAsync(Action cleanUp)
    {
        Func<bool> last = () =>
        {
            cleanUp();
            return true;
        };
        TryAdd(new WorkItem<bool>(last, onDropped: () => { }) { EndsWorker = true });
        return _stopped.Task;
    }

    /// <returns>False behind the item that ends the worker: nothing may run on what it has cleaned up.</returns>
    private bool TryAdd(WorkItem item)
    {
        lock (_gate)
        {
            if (_isStopping)
                return false;
            _isStopping = item.EndsWorker;
            _queue.Enqueue(item);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    private (WorkItem Item, bool IsDropped) Take()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
                Monitor.Wait(_gate);
            var item = _queue.Dequeue();
            return (item, _isStopping && !item.EndsWorker);
        }
    }

    private void Run()
    {
        WorkItem item;
        do
        {
            (item, var isDropped) = Take();
            if (isDropped)
                item.Drop(Unloaded());
            else
                item.Run();
        }
        while (!item.EndsWorker);
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

        /// <summary>Before the item is queued: from then on the worker may end it.</summary>
        public void DropOn(CancellationToken cancellationToken) =>
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((WorkItem<T>)state!).Cancel(token), this);

        public override void Run()
        {
            _registration.Unregister();
            if (!Take())
                return;
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
            // A token may outlive the engine by far, and would hold on to the work and all that it refers to.
            _registration.Unregister();
            if (!Take())
                return;
            onDropped();
            _result.SetException(reason);
        }

        private void Cancel(CancellationToken cancellationToken)
        {
            if (!Take())
                return;
            onDropped();
            _result.SetCanceled(cancellationToken);
        }

        private bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
