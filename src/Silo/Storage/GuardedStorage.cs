using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Grains.Requests;
using Orleans.Storage;

namespace E2LLM.Silo.Storage;

/// <summary>
/// A store whose outages do not reach further than they must, and whose answers that got lost on the way are no conflicts.
/// </summary>
/// <param name="store">Whichever is configured.</param>
/// <param name="serializer">The store's own.</param>
/// <param name="outage">Of this store.</param>
internal sealed class GuardedStorage(IGrainStorage store, IGrainStorageSerializer serializer, StorageOutage outage) : IGrainStorage
{
    /// <summary>By grain state: what was last sent to the store without an answer. It may have arrived.</summary>
    private readonly ConditionalWeakTable<object, BinaryData> _unanswered = [];

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await AskAsync(() => store.ReadStateAsync(stateName, grainId, grainState));
            if (grainState.State is IReadLater read)
                read.IsUnread = false;
        }
        catch (StorageUnavailableException) when (grainState.State is IReadLater)
        {
            ((IReadLater)grainState.State).IsUnread = true;
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await AskAsync(() => WriteOwnAsync(stateName, grainId, grainState));
            _unanswered.Remove(grainState);
        }
        catch (StorageUnavailableException error) when (error.InnerException is not null)
        {
            _unanswered.AddOrUpdate(grainState, serializer.Serialize(grainState.State));
            throw;
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        AskAsync(() => store.ClearStateAsync(stateName, grainId, grainState));

    /// <summary>A write that arrived, and whose answer did not, has changed the version: what looks like somebody else's is ours then.</summary>
    private async Task WriteOwnAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await store.WriteStateAsync(stateName, grainId, grainState);
        }
        catch (InconsistentStateException)
        {
            var stored = new GrainState<T>();
            await store.ReadStateAsync(stateName, grainId, stored);
            if (!stored.RecordExists)
                throw;
            var (there, wanted) = (serializer.Serialize(stored.State), serializer.Serialize(grainState.State));
            var isWritten = AreEqual(there, wanted);
            if (!isWritten && !(_unanswered.TryGetValue(grainState, out var sent) && AreEqual(there, sent)))
                throw;
            (grainState.ETag, grainState.RecordExists) = (stored.ETag, true);
            if (!isWritten)
                await store.WriteStateAsync(stateName, grainId, grainState);
        }
    }

    private async Task AskAsync(Func<Task> call)
    {
        var entered = outage.Enter();
        try
        {
            await call();
        }
        catch (Exception error) when (StorageOutage.IsOf(error))
        {
            throw outage.Failed(error);
        }
        catch
        {
            // The store has answered; what it said is the caller's business.
            outage.Answered(entered);
            throw;
        }
        outage.Answered(entered);
    }

    private static bool AreEqual(BinaryData one, BinaryData other) => one.ToMemory().Span.SequenceEqual(other.ToMemory().Span);
}
