using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>Says what the test set.</summary>
public sealed class FakeRequestStatisticsGrain(FakeFleet fleet) : Grain, IRequestStatisticsGrain
{
    public Task<RequestStatistics> GetAsync() => Task.FromResult(fleet[this.GetPrimaryKeyString()].Statistics);

    public Task AddAsync(RequestEnd end) => throw new NotSupportedException();

    public Task<DateTimeOffset?> GetStoredAtAsync() => throw new NotSupportedException();
}
