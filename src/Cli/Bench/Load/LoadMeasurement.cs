using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Runs loads and makes figures of them.</summary>
internal sealed class LoadMeasurement(BenchSettings settings, ServerApi server, RequestPlan plan, LoadRunner runner)
{
    private const int WarmupRound = -1;
    private const int WarmupConcurrency = 2;

    /// <summary>Brings connections, caches and compilers up to speed; what it measures is thrown away.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        var load = new LoadSpec(LoadKind.Concurrency, WarmupConcurrency);
        var requests = await plan.CreateAsync(load, settings.WarmupRequests, WarmupRound, cancellationToken);
        await runner.RunAsync(load, requests, settings.DurationSeconds, cancellationToken);
    }

    /// <param name="load">The load.</param>
    /// <param name="round">Number of the load in its run.</param>
    public async Task<LoadResult> RunAsync(LoadSpec load, int round, CancellationToken cancellationToken)
    {
        var requests = await plan.CreateAsync(load, settings.Requests, round, cancellationToken);
        var outcomes = await runner.RunAsync(load, requests, settings.DurationSeconds, cancellationToken);
        return LoadResult.Of(load, await QueueWaits.AddAsync(server, outcomes, cancellationToken), settings.Objective);
    }
}
