using Orleans.Concurrency;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>A grain that is called, and calls back.</summary>
internal interface IVictimGrain : IGrainWithStringKey
{
    /// <returns>How often it has been called, this time included.</returns>
    Task<int> AddAsync();

    [AlwaysInterleave]
    Task<int> GetAsync();

    /// <summary>Tells the observer once, and hands on what that throws.</summary>
    Task TellAsync(IVictimObserver observer);

    /// <summary>As <see cref="TellAsync"/>, without waiting for an answer.</summary>
    Task MentionAsync(IVictimObserver observer);
}

internal interface IVictimObserver : IGrainObserver
{
    Task HearAsync();

    [OneWay]
    Task OverhearAsync();
}

internal sealed class VictimGrain : Grain, IVictimGrain
{
    private int _calls;

    public Task<int> AddAsync() => Task.FromResult(++_calls);

    public Task<int> GetAsync() => Task.FromResult(_calls);

    public Task TellAsync(IVictimObserver observer) => observer.HearAsync();

    public Task MentionAsync(IVictimObserver observer) => observer.OverhearAsync();
}
