using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace E2LLM.Client;

/// <summary>An Orleans client of its own.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly IHost _host;

    private ClusterConnection(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IClusterClient>();

    public static async Task<ClusterConnection> OpenAsync(E2LlmClientOptions options, CancellationToken cancellationToken)
    {
        Check(options);
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = options.ClusterId;
                cluster.ServiceId = options.ServiceId;
            });
            client.UseStaticClustering([.. options.Gateways]);
            client.UseConnectionRetryFilter(async (_, retryCancelled) =>
            {
                await Task.Delay(RetryDelay, time, retryCancelled);
                return time.GetElapsedTime(start).TotalSeconds < options.ConnectTimeoutSeconds;
            });
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new ClusterConnection(host);
        }
        catch (Exception error)
        {
            await DisposeAsync(host);
            cancellationToken.ThrowIfCancellationRequested();
            if (error is not (OrleansException or TimeoutException or IOException))
                throw;
            throw new E2LlmException(
                $"No silo of cluster '{options.ClusterId}' answered at {string.Join(", ", options.Gateways)} within " +
                $"{options.ConnectTimeoutSeconds} s. Is the silo running, is this its gateway port, and is that its cluster's name?",
                mayRetry: true,
                error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await DisposeAsync(_host);
    }

    private static ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            return disposable.DisposeAsync();
        host.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Check(E2LlmClientOptions options)
    {
        var errors = new OptionErrors("").CheckRanges(options);
        if (options.Gateways is not { Count: > 0 })
            errors.Add($"{nameof(options.Gateways)} must name at least one endpoint.");
        if (string.IsNullOrWhiteSpace(options.ClusterId))
            errors.Add($"{nameof(options.ClusterId)} must be set.");
        if (string.IsNullOrWhiteSpace(options.ServiceId))
            errors.Add($"{nameof(options.ServiceId)} must be set.");
        if (!CallerIds.IsValid(options.CallerId))
            errors.Add($"{nameof(options.CallerId)} is not valid. {CallerIds.Rule}");
        errors.ThrowIfAny();
    }
}
