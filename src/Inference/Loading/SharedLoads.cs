namespace E2LLM.Inference.Loading;

/// <summary>
/// What takes long to load and is kept, by key. A key is loaded once, on the thread pool and for all who ask meanwhile; a load that
/// failed fails them and is forgotten, so that the next one who asks tries anew.
/// </summary>
/// <param name="load">Runs on the pool, one call at a time for a key.</param>
internal sealed class SharedLoads<TKey, TValue>(Func<TKey, Task<TValue>> load)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Task<TValue>> _loads = [];
    private bool _isClosed;

    /// <param name="key">What to load.</param>
    /// <param name="cancellationToken">Ends the wait; the load goes on for the others.</param>
    /// <returns>Completed where it is there.</returns>
    /// <exception cref="ObjectDisposedException"><see cref="Close"/> was called.</exception>
    public ValueTask<TValue> GetAsync(TKey key, CancellationToken cancellationToken)
    {
        Task<TValue>? value;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (!_loads.TryGetValue(key, out value))
                _loads[key] = value = Task.Run(() => LoadAsync(key), CancellationToken.None);
        }
        return value.IsCompletedSuccessfully ? new(value.Result) : new(value.WaitAsync(cancellationToken));
    }

    /// <summary>Refuses further calls.</summary>
    /// <returns>All that was loaded, and what is being loaded still.</returns>
    public IReadOnlyCollection<Task<TValue>> Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            return [.. _loads.Values];
        }
    }

    private async Task<TValue> LoadAsync(TKey key)
    {
        try
        {
            return await load(key).ConfigureAwait(false);
        }
        catch
        {
            lock (_gate)
                _loads.Remove(key);
            throw;
        }
    }
}
