using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Core.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace E2LLM.Client;

/// <summary>An Orleans client of its own.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>What taking leave of the silos may take; one that is gone does not answer.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(3);

    private readonly IHost _host;

    private ClusterConnection(IHost host, FleetCalls calls)
    {
        _host = host;
        Calls = calls;
    }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Know when the connection is lost.</summary>
    public FleetCalls Calls { get; }

    public static async Task<ClusterConnection> OpenAsync(E2LlmClientOptions options, CancellationToken cancellationToken)
    {
        Check(options);
        var trust = ClientTls.Open(options.Tls);
        var time = TimeProvider.System;
        var calls = new FleetCalls();
        var host = Build(options, trust, calls, time);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.ConnectTimeoutSeconds), time);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        // What listens there may be no gateway and never answer, and Orleans waits for its answer whatever the token says.
        var start = Task.Run(() => host.StartAsync(leaving.Token), CancellationToken.None);
        try
        {
            await start.WaitAsync(leaving.Token);
            return new ClusterConnection(host, calls);
        }
        catch (Exception error)
        {
            _ = AbandonAsync(host, start);
            cancellationToken.ThrowIfCancellationRequested();
            if (error is not (OrleansException or TimeoutException or IOException or OperationCanceledException))
                throw;
            throw new E2LlmException(
                options.Discovery is null
                    ? $"No silo of cluster '{options.ClusterId}' answered at {string.Join(", ", options.Gateways)} within "
                        + $"{options.ConnectTimeoutSeconds} s. Is the silo running, is this its gateway port, is that its cluster's name, and has it TLS where you have (or have not)?"
                    : $"No silo that was found answered within {options.ConnectTimeoutSeconds} s. Do silos run, is their table reached, is that their cluster's name, and have they TLS where you have (or have not)?",
                mayRetry: true,
                error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(LeaveTimeout, TimeProvider.System);
        var stop = Task.Run(() => _host.StopAsync(timeout.Token), CancellationToken.None);
        await stop.WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.IsCompletedSuccessfully)
            await DisposeAsync(_host);
        else
            _ = AbandonAsync(_host, stop);
    }

    private static IHost Build(E2LlmClientOptions options, FogTrust? trust, FleetCalls calls, TimeProvider time)
    {
        var start = time.GetTimestamp();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.UseOrleansClient(client =>
        {
            if (options.Discovery is { } discover)
            {
                discover(client);
            }
            else
            {
                client.Configure<ClusterOptions>(cluster =>
                {
                    cluster.ClusterId = options.ClusterId;
                    cluster.ServiceId = options.ServiceId;
                });
                client.UseStaticClustering([.. options.Gateways]);
            }
            if (trust is not null)
                ClientTls.AddTo(client, trust);
            client.AddClusterConnectionLostHandler((_, _) => calls.OnConnectionLost());
            client.UseConnectionRetryFilter(async (_, retryCancelled) =>
            {
                await Task.Delay(RetryDelay, time, retryCancelled);
                return time.GetElapsedTime(start).TotalSeconds < options.ConnectTimeoutSeconds;
            });
        });
        return builder.Build();
    }

    /// <summary>Lets go of a host once it has ended what it was at; nobody waits for that, and nobody is left to tell of a failure.</summary>
    private static async Task AbandonAsync(IHost host, Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync(host).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        if (options.Discovery is null && options.Gateways is not { Count: > 0 })
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
