using System.Net;
using System.Net.Sockets;
using E2LLM.Clustering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace E2LLM.Silo.Tests.Clustering;

/// <summary>A silo with nothing but its place in a cluster.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private readonly IHost _host;

    private ClusterNode(IHost host) => _host = host;

    public SiloAddress Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public IManagementGrain Management => _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);

    private IClusterMembershipService Membership => _host.Services.GetRequiredService<IClusterMembershipService>();

    public static async Task<ClusterNode> StartAsync(ClusteringOptions options, string name, int siloPort = 0, int gatewayPort = 0)
    {
        await ClusteringSetup.PrepareAsync(options, CancellationToken.None);
        var host = Build(options, name, siloPort, gatewayPort);
        await host.StartAsync();
        return new ClusterNode(host);
    }

    /// <summary>Not started: for its membership table.</summary>
    public static IHost Build(ClusteringOptions options, string name, int siloPort = 0, int gatewayPort = 0)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            ClusteringSetup.AddTo(
                silo, options, IPAddress.Loopback, siloPort == 0 ? FreePort() : siloPort, gatewayPort == 0 ? FreePort() : gatewayPort);
            silo.Configure<SiloOptions>(orleans => orleans.SiloName = name);
        });
        return builder.Build();
    }

    /// <summary>Ends when this silo knows of a cluster that is as described.</summary>
    public async Task SeesAsync(Func<ClusterMembershipSnapshot, bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var last = "nothing";
        try
        {
            await foreach (var members in Membership.MembershipUpdates.WithCancellation(limit.Token))
            {
                last = string.Join(", ", members.Members.Values.Select(member => $"{member.Name} at {member.SiloAddress} is {member.Status}"));
                if (isSo(members))
                    return;
            }
        }
        catch (OperationCanceledException error)
        {
            throw new TimeoutException($"{Address} still sees: {last}.", error);
        }
    }

    public Task SeesActiveAsync(params SiloAddress[] silos) =>
        SeesAsync(members => silos.All(silo => members.GetSiloStatus(silo) == SiloStatus.Active));

    /// <summary>The silo of a name that is active, which ends when there is one beside those that are known.</summary>
    public async Task<SiloAddress> FindAsync(string name, params SiloAddress[] known)
    {
        SiloAddress? found = null;
        await SeesAsync(members => (found = members.Members.Values
            .FirstOrDefault(member => member.Name == name && member.Status == SiloStatus.Active && !known.Contains(member.SiloAddress))?.SiloAddress) is not null);
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
