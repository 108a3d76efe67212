using E2LLM.Benchmarks.Fog;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.Load;

/// <summary>So many clients, each of which sends its next request when the one before has ended.</summary>
internal sealed class ClosedLoop(BenchmarkFog fog, IReadOnlyList<GenerationRequest> requests, int clients)
{
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _firstAnswers;

    /// <summary>Every client has had an answer: the ramp-up is over.</summary>
    public Task IsFull => _full.Task;

    /// <summary>A client has had its last answer: from here on there is less and less to do.</summary>
    public Task Ends => _ending.Task;

    /// <returns>Seconds for all answers.</returns>
    public async Task<double> RunAsync()
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(RunClientAsync));
        return time.GetElapsedTime(started).TotalSeconds;
    }

    private async Task RunClientAsync(int client)
    {
        for (var index = client; index < requests.Count; index += clients)
        {
            await fog.RunAsync(requests[index]);
            if (index == client && Interlocked.Increment(ref _firstAnswers) == clients)
                _full.SetResult();
        }
        _ending.TrySetResult();
    }
}
