using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;

namespace E2LLM.Silo.Tests.Configuration;

/// <summary>Which journal goes with which cluster, and what is said of stores that are not there.</summary>
public sealed class StoreConfigurationTests : IDisposable
{
    private const string Secret = "s3cr3t";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_JournalInTheFolderOfOneSiloOfMany_IsRefusedWithTheStoresThatAllReach()
    {
        var error = await RefusedAsync("Clustering:Provider=Redis", "Clustering:ConnectionString=127.0.0.1:1");

        Assert.Equal(
            "E2LLM:Storage:Provider is Sqlite, whose journal only silos of one machine can share, and E2LLM:Clustering:Provider is Redis: "
            + "choose a store that all silos of the cluster reach, Redis, Postgres or AzureBlob.",
            error);
    }

    [Fact]
    public async Task Build_SilosOfOneMachineWithoutAJournalForAll_AreToldWhatToName()
    {
        var error = await RefusedAsync("Clustering:Provider=Sqlite", $"Clustering:ConnectionString=Data Source={_folder.Path}/cluster.db");

        Assert.StartsWith("E2LLM:Storage:ConnectionString is missing; E2LLM:Storage:Provider is Sqlite and E2LLM:Clustering:Provider is Sqlite, so", error);
    }

    [Fact]
    public async Task Build_JournalAndClusterInOneFile_IsRefused()
    {
        var error = await RefusedAsync(
            "Clustering:Provider=Sqlite", $"Clustering:ConnectionString=Data Source={_folder.Path}/one.db", $"Storage:ConnectionString=Data Source={_folder.Path}/./one.db");

        Assert.EndsWith("name the same file; the journal and the cluster's table need one each.", error);
    }

    [Theory]
    [InlineData("Clustering:Provider", "Redis", "user@:6379,pasword=" + Secret)]
    [InlineData("Clustering:Provider", "Postgres", "Hosts=db;Password=" + Secret)]
    [InlineData("Clustering:Provider", "AzureTable", "AccountKey=" + Secret)]
    [InlineData("Clustering:Provider", "Sqlite", "File=cluster.db;Password=" + Secret)]
    [InlineData("Storage:Provider", "Redis", ",password=" + Secret)]
    [InlineData("Storage:Provider", "Postgres", "Host=;Password=" + Secret)]
    public async Task Build_ConnectionStringThatIsNone_IsNamedAndNotShown(string option, string provider, string connectionString)
    {
        var key = option.Replace("Provider", "ConnectionString");

        var error = await RefusedAsync($"{option}={provider}", $"{key}={connectionString}");

        Assert.Contains($"E2LLM:{key} is no", error);
        Assert.DoesNotContain(Secret, error);
    }

    [Theory]
    [InlineData("Redis", "127.0.0.1:1,connectTimeout=500,password=" + Secret, "The Redis server of E2LLM:")]
    [InlineData("Postgres", "Host=127.0.0.1;Port=1;Username=e2llm;Password=" + Secret, "The PostgreSQL database of E2LLM:")]
    public async Task Build_StoreThatDoesNotAnswer_IsNamedByItsOptionWithoutItsSecret(string provider, string connectionString, string begin)
    {
        var journal = await RefusedAsync($"Storage:Provider={provider}", $"Storage:ConnectionString={connectionString}");
        var table = await Assert.ThrowsAsync<ConfigurationException>(() => ClusteringSetup.PrepareAsync(
            new ClusteringOptions { Provider = Enum.Parse<ClusteringProvider>(provider), ConnectionString = connectionString }, CancellationToken.None));

        Assert.StartsWith(begin + "Storage:ConnectionString cannot be ", journal);
        Assert.StartsWith(begin + "Clustering:ConnectionString cannot be ", table.Message);
        Assert.DoesNotContain(Secret, journal + table);
    }

    private async Task<string> RefusedAsync(params string[] options)
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => SiloHost.BuildAsync(
            [.. options.Select(option => $"--E2LLM:{option}")],
            host => (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, _folder.Path)));
        return error.Message;
    }
}
