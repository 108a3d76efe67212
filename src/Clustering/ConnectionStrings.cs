using Azure.Data.Tables;
using Microsoft.Data.Sqlite;
using Npgsql;
using StackExchange.Redis;

namespace E2LLM.Clustering;

/// <summary>What reaches a store, in each store's own form.</summary>
internal static class ConnectionStrings
{
    /// <summary>Whether a provider can read it; whether it leads anywhere is asked at start.</summary>
    public static bool IsValid(ClusteringProvider provider, string connectionString)
    {
        try
        {
            return provider switch
            {
                ClusteringProvider.Sqlite => IsSqliteFile(connectionString),
                ClusteringProvider.Redis => IsRedis(connectionString),
                ClusteringProvider.Postgres => IsPostgres(connectionString),
                ClusteringProvider.AzureTable => new TableServiceClient(connectionString).Uri is not null,
                _ => true,
            };
        }
        // Of the parsers: a missing setting, an unknown one, a key that is not Base64, an address that is none.
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }

    public static string Example(ClusteringProvider provider) => provider switch
    {
        ClusteringProvider.Sqlite => "'Data Source=/var/lib/e2llm/cluster.db'",
        ClusteringProvider.Redis => "'redis.fog:6379,password=...'",
        ClusteringProvider.Postgres => "'Host=db.fog;Database=e2llm;Username=e2llm;Password=...'",
        _ => "'DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net'",
    };

    /// <exception cref="ArgumentException">It is none of SQLite.</exception>
    public static bool IsSqliteFile(string connectionString) =>
        new SqliteConnectionStringBuilder(connectionString) is { Mode: not SqliteOpenMode.Memory, DataSource: { Length: > 0 } source } && source != ":memory:";

    /// <exception cref="ArgumentException">It is none of Redis.</exception>
    public static bool IsRedis(string connectionString) => ConfigurationOptions.Parse(connectionString).EndPoints.Count > 0;

    /// <exception cref="ArgumentException">It is none of PostgreSQL.</exception>
    public static bool IsPostgres(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Host is { Length: > 0 };
}
