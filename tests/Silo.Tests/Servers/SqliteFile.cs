using E2LLM.Clustering;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>Files that several silos share. They go away by their table having another name.</summary>
/// <param name="table">What is kept in it.</param>
public abstract class SqliteFile(string table) : IStoreServer
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SqliteConnection> _holders = [];

    public static string? WhyNot => null;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    public IReadOnlyList<string> Journal(string part) =>
    [
        $"--E2LLM:Storage:ConnectionString=Data Source={Path.Combine(_folder.Path, part + "-journal.db")}", "--E2LLM:Clustering:Provider=Sqlite",
        $"--E2LLM:Clustering:ConnectionString={Cluster(part).ConnectionString}",
    ];

    public ClusteringOptions Cluster(string part) =>
        new() { Provider = ClusteringProvider.Sqlite, ConnectionString = $"Data Source={Path.Combine(_folder.Path, part + ".db")}", ClusterId = part };

    public Task TakeAwayAsync()
    {
        RenameAll(table, "Gone");
        return Task.CompletedTask;
    }

    public Task BringBackAsync()
    {
        RenameAll("Gone", table);
        return Task.CompletedTask;
    }

    /// <summary>No process but the silo's own has it open.</summary>
    public Task KillAsync() => TakeAwayAsync();

    /// <summary>Somebody else is writing.</summary>
    public async Task HangAsync()
    {
        foreach (var file in Directory.GetFiles(_folder.Path, "*.db"))
        {
            var holder = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            await holder.OpenAsync();
            holder.BeginTransaction();
            _holders.Add(holder);
        }
    }

    public async Task GoOnAsync()
    {
        foreach (var holder in _holders)
            await holder.DisposeAsync();
        _holders.Clear();
    }

    private void RenameAll(string from, string to)
    {
        foreach (var file in Directory.GetFiles(_folder.Path, "*.db"))
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM sqlite_master WHERE name = '{from}';";
            if ((long)command.ExecuteScalar()! == 0)
                continue;
            command.CommandText = $"ALTER TABLE {from} RENAME TO {to};";
            command.ExecuteNonQuery();
        }
    }
}

/// <summary>Their journals.</summary>
public sealed class SqliteJournal() : SqliteFile("GrainState"), IStoreServer;

/// <summary>Their clusters' tables.</summary>
public sealed class SqliteCluster() : SqliteFile("Membership"), IStoreServer;
