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
    [Alias("Add")]
    Task AddAsync(RequestEnd end);

    [Alias("Get"), AlwaysInterleave, ReadOnly]
    Task<RequestStatistics> GetAsync();
}
