using E2LLM.Core.Errors;
using Microsoft.Extensions.Hosting;

namespace E2LLM.Grains.Hosting;

/// <summary>
/// Whether this silo is about to leave its cluster: what is sent at a period, or only to keep somebody informed, is not sent any more, and calls
/// that wait for something end, as a grain is not moved before they have.
/// </summary>
/// <remarks>Not before the host's services are stopped: until then answers are written to their end, and that takes all that works now.</remarks>
public sealed class SiloShutdown : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _begun = new();

    public bool HasBegun => _begun.IsCancellationRequested;

    /// <summary>Cancelled when it begins.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>A call of a grain on something that may take long, for as long as the silo stays.</summary>
    /// <exception cref="ServerStoppingException">It leaves; whoever has called asks again, and reaches the grain elsewhere.</exception>
    public async Task<T> WaitAsync<T>(Task<T> call)
    {
        await WaitAsync((Task)call);
        return await call;
    }

    /// <inheritdoc cref="WaitAsync{T}"/>
    public async Task WaitAsync(Task call)
    {
        try
        {
            await call.WaitAsync(Begun);
        }
        catch (OperationCanceledException) when (HasBegun && !call.IsCompleted)
        {
            throw Stopping();
        }
    }

    /// <exception cref="ServerStoppingException">It has begun.</exception>
    public void ThrowIfBegun()
    {
        if (HasBegun)
            throw Stopping();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => _begun.CancelAsync();

    public void Dispose() => _begun.Dispose();

    private static ServerStoppingException Stopping() => new("The silo is stopping. Ask again: another one does it by then.");
}
