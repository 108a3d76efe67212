using Microsoft.Extensions.Hosting;

namespace E2LLM.Grains.Hosting;

/// <summary>Whether this silo is being stopped: what is sent at a period, or only to keep somebody informed, is not sent any more.</summary>
public sealed class SiloShutdown(IHostApplicationLifetime lifetime)
{
    public bool HasBegun => lifetime.ApplicationStopping.IsCancellationRequested;
}
