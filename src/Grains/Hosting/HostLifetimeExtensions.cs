using Microsoft.Extensions.Hosting;

namespace E2LLM.Grains.Hosting;

public static class HostLifetimeExtensions
{
    /// <summary>Hosted services start one after the other; grains can be called when the last of them has.</summary>
    public static async Task StartedAsync(this IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }
}
