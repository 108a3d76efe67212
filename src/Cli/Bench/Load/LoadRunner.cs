using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Sends the requests of one load and waits for all their answers.</summary>
internal sealed class LoadRunner(RequestSender sender, TimeProvider time)
{
    /// <param name="load">An open loop sends each request when it is due and never waits for an answer before.</param>
    /// <param name="requests">In the order of their times.</param>
    /// <param name="maxSeconds">After which no further request is sent.</param>
    public async Task<IReadOnlyList<RequestOutcome>> RunAsync(
        LoadSpec load, IReadOnlyList<BenchRequest> requests, double maxSeconds, CancellationToken cancellationToken)
    {
        var clock = new LoadClock(time);
        return load.IsOpenLoop
            ? await OpenAsync(requests, maxSeconds, clock, cancellationToken)
            : await ClosedAsync((int)load.Value, requests, maxSeconds, clock, cancellationToken);
    }

    private async Task<IReadOnlyList<RequestOutcome>> OpenAsync(
        IReadOnlyList<BenchRequest> requests, double maxSeconds, LoadClock clock, CancellationToken cancellationToken)
    {
        List<Task<RequestOutcome>> answers = [];
        foreach (var request in requests.TakeWhile(request => request.AtSeconds <= maxSeconds))
        {
            await clock.WaitUntilAsync(request.AtSeconds!.Value, cancellationToken);
            // On the pool: the next request must not wait until this one is written.
            answers.Add(Task.Run(() => sender.SendAsync(request, clock, cancellationToken), cancellationToken));
        }
        return await Task.WhenAll(answers);
    }

    private async Task<IReadOnlyList<RequestOutcome>> ClosedAsync(
        int concurrency, IReadOnlyList<BenchRequest> requests, double maxSeconds, LoadClock clock, CancellationToken cancellationToken)
    {
        var next = -1;
        var outcomes = new RequestOutcome?[requests.Count];
        await Task.WhenAll(Enumerable.Range(0, Math.Min(concurrency, requests.Count)).Select(_ => Task.Run(UserAsync, cancellationToken)));
        return [.. outcomes.OfType<RequestOutcome>()];

        async Task UserAsync()
        {
            // The first request is sent in any case: a load without any has no figures.
            while (Interlocked.Increment(ref next) is var index && index < requests.Count && (index == 0 || clock.Seconds <= maxSeconds))
                outcomes[index] = await sender.SendAsync(requests[index], clock, cancellationToken);
        }
    }
}
