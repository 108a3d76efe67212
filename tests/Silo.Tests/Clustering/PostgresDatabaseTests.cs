using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Silo.Tests.Servers;
using Npgsql;

namespace E2LLM.Silo.Tests.Clustering;

public sealed class PostgresDatabaseTests(Postgres server) : IClassFixture<Postgres>
{
    private static readonly (string Key, string Text)[] Queries = [("A", "SELECT 1;")];

    [ServerFact]
    public async Task Apply_DatabaseOfAnotherOrleansApplication_IsRefusedAndLeftAlone()
    {
        var database = await NewAsync("theirs", "CREATE TABLE OrleansQuery (QueryKey varchar(64), QueryText varchar(8000)); INSERT INTO OrleansQuery VALUES ('A', 'theirs');");

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ApplyAsync(database));

        Assert.StartsWith("The database of Option holds the tables of another Orleans application.", error.Message);
        Assert.Equal("theirs", await ScalarAsync(database, "SELECT QueryText FROM OrleansQuery;"));
    }

    [ServerFact]
    public async Task Apply_ByARoleThatMayMakeNoTables_SufficesWhereNothingIsMissing()
    {
        var database = await NewAsync("limited", "CREATE ROLE worker LOGIN; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO worker; REVOKE CREATE ON SCHEMA public FROM PUBLIC;");
        var worker = new NpgsqlConnectionStringBuilder(database) { Username = "worker" }.ConnectionString;
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ApplyAsync(worker));
        Assert.Equal("The PostgreSQL database of Option cannot be used: 42501: permission denied for schema public.", error.Message.Split('\n')[0].Trim());

        await ApplyAsync(database);
        await ApplyAsync(worker);

        Assert.Equal("SELECT 1;", await ScalarAsync(worker, "SELECT QueryText FROM OrleansQuery;"));
    }

    [ServerFact]
    public async Task Apply_OtherQueriesThanThoseThatAreThere_TakeTheirPlace()
    {
        var database = await NewAsync("later");
        await ApplyAsync(database);

        await PostgresDatabase.ApplyAsync(database, "part", "", [("A", "SELECT 2;")], "Option", CancellationToken.None);

        Assert.Equal("SELECT 2;", await ScalarAsync(database, "SELECT QueryText FROM OrleansQuery;"));
    }

    private static Task ApplyAsync(string database) => PostgresDatabase.ApplyAsync(database, "part", "", Queries, "Option", CancellationToken.None);

    private async Task<string> NewAsync(string name, string? script = null)
    {
        await ScalarAsync(server.ConnectionString, $"CREATE DATABASE {name};");
        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
        if (script is not null)
            await ScalarAsync(database, script);
        return database;
    }

    private static async Task<object?> ScalarAsync(string database, string text)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        return await command.ExecuteScalarAsync();
    }
}
