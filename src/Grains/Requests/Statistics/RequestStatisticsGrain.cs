using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Scheduling.Statistics;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>
/// Sums up a model's requests. What was added is stored a few seconds later, at the latest when the grain leaves memory, so that requests
/// never wait for the storage. A silo that is killed has lost those seconds; its host tells of them again from the requests' own records
/// when it is started next, and what was counted already is known.
/// </summary>
[GrainType("request-statistics"), Immovable]
public sealed partial class RequestStatisticsGrain(
    [PersistentState("statistics", JournalStorage.ProviderName)] IPersistentState<StatisticsJournal> journal,
    TimeProvider time,
    ILogger<RequestStatisticsGrain> logger) : Grain, IRequestStatisticsGrain
{
    private static readonly TimeSpan StoreAfter = TimeSpan.FromSeconds(5);

    private StatisticsTable _table = new(new StatisticsJournal());

    /// <summary>Set while something has yet to be stored.</summary>
    private IGrainTimer? _store;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _table = new StatisticsTable(journal.State);
        return Task.CompletedTask;
    }

    public Task AddAsync(RequestEnd end)
    {
        if (!_table.Add(end, time.GetUtcNow()))
            return Task.CompletedTask;
        StoreLater();
        return Task.CompletedTask;
    }

    public Task<RequestStatistics> GetAsync() => Task.FromResult(_table.ToStatistics());

    public Task<DateTimeOffset?> GetStoredAtAsync() =>
        Task.FromResult(journal.State.StoredAt ?? (journal.State.Since is null ? null : time.GetUtcNow()));

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_store is not null)
            await StoreAsync(isLast: true);
    }

    private void StoreLater() => _store ??= this.RegisterGrainTimer(() => StoreAsync(isLast: false), new GrainTimerCreationOptions
    {
        DueTime = StoreAfter,
        Period = Timeout.InfiniteTimeSpan,
        Interleave = true,
        KeepAlive = true,
    });

    private async Task StoreAsync(bool isLast)
    {
        _store?.Dispose();
        _store = null;
        journal.State = _table.ToJournal() with { StoredAt = time.GetUtcNow() };
        try
        {
            await journal.WriteStateAsync();
        }
        catch (Exception exception) when (StorageFaults.IsOutage(exception))
        {
            if (!isLast)
                StoreLater();
        }
        catch (Exception exception)
        {
            // The next request brings the next attempt.
            LogStoreFailed(exception, this.GetPrimaryKeyString());
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The statistics of model {Model} could not be written. A restart would not know of the latest requests.")]
    private partial void LogStoreFailed(Exception exception, string model);
}
