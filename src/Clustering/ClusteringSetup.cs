using System.Net;
using Azure;
using Azure.Data.Tables;
using E2LLM.Clustering.Tables;
using E2LLM.Core.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace E2LLM.Clustering;

/// <summary>Gives silos and clients the configured table of their cluster's silos, by Orleans' own providers.</summary>
public static class ClusteringSetup
{
    private const string Postgres = "Npgsql";

    /// <summary>The providers' own name for Microsoft.Data.Sqlite.</summary>
    private const string Sqlite = "System.Data.SQLite";

    /// <summary>Azure's names of tables have no dots, hyphens or underscores; several clusters may share one table.</summary>
    private const string AzureTableName = "E2LlmSilos";

    private const string What = $"{ClusteringOptions.Section}:{nameof(ClusteringOptions.ConnectionString)}";

    /// <summary>
    /// Each silo says so often in the table that it is there. One that has not for three times as long is not waited for by silos that join:
    /// after a power cut that is how long the first of them takes.
    /// </summary>
    private static readonly TimeSpan AlivePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Silos tell each other of changes at once; the table is read for what got lost on the way.</summary>
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);

    /// <summary>Once, before a silo starts: reaches the table and makes what is missing in it.</summary>
    /// <returns>What its operator should know.</returns>
    /// <exception cref="ConfigurationException">It cannot be reached or written to, or holds something else; names the option and never shows its value.</exception>
    public static async Task<IReadOnlyList<string>> PrepareAsync(ClusteringOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        switch (options.Provider)
        {
            case ClusteringProvider.Sqlite:
                SqliteMembership.Apply(options.ConnectionString, What);
                break;
            case ClusteringProvider.Redis:
                return await RedisServer.CheckAsync(options.ConnectionString, What, cancellationToken) is { } warning ? [warning] : [];
            case ClusteringProvider.Postgres:
                await PostgresDatabase.ApplyAsync(
                    options.ConnectionString, PostgresMembership.Part, PostgresMembership.Tables, PostgresMembership.Queries, What, cancellationToken);
                break;
            case ClusteringProvider.AzureTable:
                await CheckAzureAsync(options, cancellationToken);
                break;
        }
        return [];
    }

    /// <param name="silo">Is given its cluster, its endpoints and how it notices that others are gone.</param>
    /// <param name="options">Checked.</param>
    /// <param name="address">Where other silos and clients reach this one; loopback for <see cref="ClusteringProvider.Localhost"/>.</param>
    /// <param name="siloPort">For silos.</param>
    /// <param name="gatewayPort">For clients.</param>
    public static void AddTo(ISiloBuilder silo, ClusteringOptions options, IPAddress address, int siloPort, int gatewayPort)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Provider == ClusteringProvider.Localhost)
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: options.ServiceId, clusterId: options.ClusterId);
            return;
        }

        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        silo.ConfigureEndpoints(address, siloPort, gatewayPort);
        silo.Configure<ClusterMembershipOptions>(membership => Detect(membership, options));
        switch (options.Provider)
        {
            case ClusteringProvider.Sqlite:
                silo.UseAdoNetClustering(table =>
                    (table.Invariant, table.ConnectionString) = (Sqlite, SqliteMembership.ConnectionString(options.ConnectionString)));
                break;
            case ClusteringProvider.Redis:
                silo.UseRedisClustering(table => table.ConfigurationOptions = RedisServer.Options(options.ConnectionString));
                break;
            case ClusteringProvider.Postgres:
                silo.UseAdoNetClustering(table =>
                    (table.Invariant, table.ConnectionString) = (Postgres, PostgresDatabase.ConnectionString(options.ConnectionString)));
                break;
            default:
                silo.UseAzureStorageClustering(table => (table.TableServiceClient, table.TableName) = (Azure(options), AzureTableName));
                break;
        }
        silo.Services.AddHostedService(services => new TableWatch(
            services.GetRequiredService<IMembershipTable>().ReadAllAsync,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILogger<TableWatch>>()));
    }

    /// <summary>Lets an Orleans client find the gateways of a cluster in its table, instead of by their addresses.</summary>
    /// <param name="client">Is given its cluster.</param>
    /// <param name="options">Those of the cluster's silos, which have made the table.</param>
    /// <exception cref="ConfigurationException">The options are no good, or name no table: a cluster of one process has none.</exception>
    public static void AddTo(IClientBuilder client, ClusteringOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        var errors = new Core.Configuration.OptionErrors(ClusteringOptions.Section).CheckRanges(options);
        options.Check(errors);
        if (options.Provider == ClusteringProvider.Localhost)
            errors.Add($"{errors.Key(nameof(options.Provider))} is Localhost: such a cluster has no table. Name its gateway instead.");
        errors.ThrowIfAny();
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        client.Services.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = RefreshPeriod);
        switch (options.Provider)
        {
            case ClusteringProvider.Sqlite:
                client.UseAdoNetClustering(table =>
                    (table.Invariant, table.ConnectionString) = (Sqlite, SqliteMembership.ConnectionString(options.ConnectionString)));
                break;
            case ClusteringProvider.Redis:
                client.UseRedisClustering(table => table.ConfigurationOptions = RedisServer.Options(options.ConnectionString));
                break;
            case ClusteringProvider.Postgres:
                client.UseAdoNetClustering(table =>
                    (table.Invariant, table.ConnectionString) = (Postgres, PostgresDatabase.ConnectionString(options.ConnectionString)));
                break;
            default:
                client.UseAzureStorageClustering(table => (table.TableServiceClient, table.TableName) = (Azure(options), AzureTableName));
                break;
        }
    }

    private static void Detect(ClusterMembershipOptions membership, ClusteringOptions options)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(options.ProbeSeconds);
        // Orleans lengthens the wait on links that were slow, up to fourfold, and the time would not be what was configured.
        membership.MaxProbeTimeout = membership.ProbeTimeout;
        membership.NumMissedProbesLimit = options.MissedProbes;
        membership.NumVotesForDeathDeclaration = options.Votes;
        membership.IAmAliveTablePublishTimeout = AlivePeriod;
        membership.TableRefreshTimeout = RefreshPeriod;
    }

    private static TableServiceClient Azure(ClusteringOptions options) => new(options.ConnectionString);

    private static async Task CheckAzureAsync(ClusteringOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var table = Azure(options).GetTableClient(AzureTableName);
            await table.CreateIfNotExistsAsync(cancellationToken);
            var probe = new TableEntity("e2llm-probe", Guid.NewGuid().ToString("N"));
            await table.AddEntityAsync(probe, cancellationToken);
            await table.DeleteEntityAsync(probe.PartitionKey, probe.RowKey, ETag.All, cancellationToken);
        }
        catch (Exception error) when (StoreFailure.IsOf(error) && !cancellationToken.IsCancellationRequested)
        {
            throw new ConfigurationException($"The table '{AzureTableName}' in the account of {What} cannot be written to: {StoreFailure.ReasonOf(error)}", error);
        }
    }
}
