using E2LLM.Core.Statistics;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Requests;

/// <summary>
/// Counts and latencies of a model's requests. Every request tells of its end once, so that no request has to stay in memory to be
/// counted. Key: the model's id.
/// </summary>
[Alias("E2LLM.IRequestStatisticsGrain")]
public interface IRequestStatisticsGrain : IGrainWithStringKey
{
    /// <summary>Counts a request. One that is told of again within a minute, or after a while without any, is counted once.</summary>
    [Alias("Add")]
    Task AddAsync(RequestEnd end);

    [Alias("Get"), AlwaysInterleave, ReadOnly]
    Task<RequestStatistics> GetAsync();

    /// <summary>
    /// All that was told until then outlives a kill of the silo: whoever has records of requests that ended later, or shortly before, tells
    /// of them again after such a kill. Null where nothing ever was stored.
    /// </summary>
    [Alias("GetStoredAt"), AlwaysInterleave, ReadOnly]
    Task<DateTimeOffset?> GetStoredAtAsync();
}
