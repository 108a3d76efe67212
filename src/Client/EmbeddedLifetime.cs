using Microsoft.Extensions.Hosting;

namespace E2LLM.Client;

/// <summary>
/// The lifetime of a host that is a part of somebody else's program. The default one would take Ctrl-C and SIGTERM from that program,
/// which would then go on living.
/// </summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
