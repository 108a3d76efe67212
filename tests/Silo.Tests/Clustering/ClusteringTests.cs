using E2LLM.Client;
using E2LLM.Clustering;
using E2LLM.Silo.Tests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace E2LLM.Silo.Tests.Clustering;

/// <summary>What a cluster expects of the table of its silos, wherever that lies.</summary>
public abstract class ClusteringTests<TServer>(TServer server) : IClassFixture<TServer>
    where TServer : class, IStoreServer
{
    /// <summary>For machines that have much else to do: Orleans' own settings would take 14 s and more.</summary>
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(8);

    [ServerFact]
    public async Task Silos_OfOneCluster_SeeEachOtherAndAreFoundByAClient()
    {
        var options = server.Cluster("pair");
        await using var one = await ClusterNode.StartAsync(options, "one");
        await using var other = await ClusterNode.StartAsync(options, "other");
        await using var stranger = await ClusterNode.StartAsync(server.Cluster("strangers"), "stranger");

        await one.SeesActiveAsync(one.Address, other.Address);
        await other.SeesActiveAsync(one.Address, other.Address);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => ClusteringSetup.AddTo(client, options));
        using var client = builder.Build();
        await client.StartAsync();

        // Ends when a gateway has answered.
        await using var ours = await E2LlmClient.ConnectAsync(new E2LlmClientOptions { Gateways = [], Discovery = found => ClusteringSetup.AddTo(found, options) });

        var hosts = await client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Equal(new[] { one.Address, other.Address }.Order(), hosts.Keys.Order());
        await client.StopAsync();
    }

    [ServerFact]
    public async Task Silo_IsKilled_IsDeadWithinTheConfiguredTime()
    {
        var options = server.Cluster("killed");
        (options.ProbeSeconds, options.MissedProbes) = (0.5, 2);
        await using var survivor = await ClusterNode.StartAsync(options, "survivor");
        using var process = await ClusterProcess.StartAsync(options, "victim", ClusterNode.FreePort(), ClusterNode.FreePort());
        var victim = await survivor.FindAsync("victim");

        await process.KillAsync();
        var start = TimeProvider.System.GetTimestamp();
        await survivor.SeesAsync(members => members.GetSiloStatus(victim) == SiloStatus.Dead);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, DeadAfter);
    }

    [ServerFact]
    public async Task Silo_StartsAgainInThePlaceOfOneThatWasKilled_TakesItAtOnce()
    {
        var options = server.Cluster("again");
        options.ProbeSeconds = 60; // nobody would notice the kill within minutes
        var (siloPort, gatewayPort) = (ClusterNode.FreePort(), ClusterNode.FreePort());
        await using var survivor = await ClusterNode.StartAsync(options, "survivor");
        SiloAddress before;
        using (var process = await ClusterProcess.StartAsync(options, "device-7", siloPort, gatewayPort))
        {
            before = await survivor.FindAsync("device-7");
            await process.KillAsync();
        }

        await using var again = await ClusterNode.StartAsync(options, "device-7", siloPort, gatewayPort);
        var after = await survivor.FindAsync("device-7", before);

        Assert.Equal((before.Endpoint, again.Address), (after.Endpoint, after));
        await survivor.SeesAsync(members => members.GetSiloStatus(before) == SiloStatus.Dead);
    }

    [ServerFact]
    public async Task Table_GoesAwayAndComesBack_SilosGoOnAndOthersJoinThen()
    {
        var options = server.Cluster("outage");
        await using var one = await ClusterNode.StartAsync(options, "one");
        await using var other = await ClusterNode.StartAsync(options, "other");
        await one.SeesActiveAsync(other.Address);

        await server.TakeAwayAsync();
        var statistics = await one.Management.GetRuntimeStatistics([one.Address, other.Address]);
        Assert.Equal(2, statistics.Length);

        await server.BringBackAsync();
        using var third = await ClusterProcess.StartAsync(options, "third", ClusterNode.FreePort(), ClusterNode.FreePort());
        await one.SeesActiveAsync(one.Address, other.Address, await one.FindAsync("third"));
    }

    [ServerFact]
    public async Task Table_AsSilosUseIt_RefusesWhatWasDecidedOnOldNews()
    {
        var options = server.Cluster("contract");
        var none = CancellationToken.None;
        // Silos that start together make it together.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ClusteringSetup.PrepareAsync(options, CancellationToken.None))));
        using var host = ClusterNode.Build(options, "none");
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        var (one, other) = (Entry(port: 1), Entry(port: 2));
        var empty = await table.ReadAllAsync(none);
        Assert.Empty(empty.Members);

        Assert.True(await table.InsertRowAsync(one, empty.Version.Next(), none));
        Assert.False(await table.InsertRowAsync(other, empty.Version.Next(), none));
        var first = await table.ReadAllAsync(none);
        Assert.False(await table.InsertRowAsync(one, first.Version.Next(), none));
        Assert.True(await table.InsertRowAsync(other, first.Version.Next(), none));

        var both = await table.ReadAllAsync(none);
        Assert.Equal((2, empty.Version.Version + 2), (both.Members.Count, both.Version.Version));
        var (read, etag) = both.TryGet(one.SiloAddress)!;
        Assert.Equal((one.SiloName, one.HostName, one.Status, one.ProxyPort), (read.SiloName, read.HostName, read.Status, read.ProxyPort));
        Assert.Equal(one.StartTime, read.StartTime, TimeSpan.FromMilliseconds(1));

        read.Status = SiloStatus.Dead;
        read.AddSuspector(other.SiloAddress, one.StartTime);
        Assert.False(await table.UpdateRowAsync(read, etag, first.Version.Next(), none));
        Assert.True(await table.UpdateRowAsync(read, etag, both.Version.Next(), none));
        other.IAmAliveTime = other.IAmAliveTime.AddMinutes(30);
        await table.UpdateIAmAliveAsync(other, none);

        var row = await table.ReadRowAsync(one.SiloAddress, none);
        Assert.Equal((SiloStatus.Dead, other.SiloAddress), (row.Members[0].Item1.Status, Assert.Single(row.Members[0].Item1.SuspectTimes!).Item1));
        var alive = await table.ReadAllAsync(none);
        Assert.Equal(both.Version.Version + 1, alive.Version.Version);
        Assert.Equal(other.IAmAliveTime, alive.TryGet(other.SiloAddress)!.Item1.IAmAliveTime, TimeSpan.FromMilliseconds(1));
        Assert.Equal(SiloStatus.Dead, alive.TryGet(one.SiloAddress)!.Item1.Status);

        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(one.IAmAliveTime).AddMinutes(1), none);
        Assert.Equal([other.SiloAddress], (await table.ReadAllAsync(none)).Members.Select(member => member.Item1.SiloAddress));
    }

    private static MembershipEntry Entry(int port)
    {
        var start = new DateTime(2030, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.New(System.Net.IPAddress.Loopback, port, 7),
            SiloName = $"silo-{port}",
            HostName = "host",
            Status = SiloStatus.Active,
            ProxyPort = 30_000 + port,
            StartTime = start,
            IAmAliveTime = start,
            SuspectTimes = [],
        };
    }
}

public sealed class SqliteClusteringTests(SqliteCluster server) : ClusteringTests<SqliteCluster>(server)
{
    private readonly SqliteCluster _server = server;

    /// <summary>Elsewhere than before, so that the table has nothing but silos that are gone and that nobody will declare dead.</summary>
    [ServerFact]
    public async Task Silo_StartsAfterAllOthersWereKilled_DoesNotWaitForThemLong()
    {
        var options = _server.Cluster("dark");
        using (var one = await ClusterProcess.StartAsync(options, "one", ClusterNode.FreePort(), ClusterNode.FreePort()))
        using (var other = await ClusterProcess.StartAsync(options, "other", ClusterNode.FreePort(), ClusterNode.FreePort()))
            await Task.WhenAll(one.KillAsync(), other.KillAsync());
        var start = TimeProvider.System.GetTimestamp();

        await using var again = await ClusterNode.StartAsync(options, "again");

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(30));
        await again.SeesActiveAsync(again.Address);
    }
}

public sealed class RedisClusteringTests(Redis server) : ClusteringTests<Redis>(server);

public sealed class PostgresClusteringTests(Postgres server) : ClusteringTests<Postgres>(server);

public sealed class AzureTableClusteringTests(AzuriteTables server) : ClusteringTests<AzuriteTables>(server);
