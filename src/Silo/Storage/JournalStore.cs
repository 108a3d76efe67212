using E2LLM.Clustering;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Hosting;
using Npgsql;
using Orleans.Storage;

namespace E2LLM.Silo.Storage;

/// <summary>The configured store: opened and checked before the host starts, then handed to Orleans behind a guard.</summary>
internal static partial class JournalStore
{
    /// <summary>The provider that Orleans knows; grains ask for the guarded one, <see cref="JournalStorage.ProviderName"/>.</summary>
    private const string Unguarded = "journal-store";

    private const string What = $"{StorageOptions.Section}:{nameof(StorageOptions.ConnectionString)}";

    private const string LacksRecords = "What SQLite has and this store has not: E2LLM:Retention:RequestDays and MaxRequests (records stay until they are deleted), "
        + "E2LLM:Silo:SetBrokenJournalAside, and after a kill the look for requests that were running (each is ended when it is asked for) and the statistics of the last seconds.";

    /// <returns>What a broken SQLite journal was renamed to, null where there was none, and what else the operator should know.</returns>
    /// <exception cref="Core.Errors.ConfigurationException">The store cannot be opened or written to; names the option.</exception>
    public static async Task<(string? SetAside, string? Warning)> OpenAsync(HostConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        switch (configuration.Storage.Provider)
        {
            case StorageProvider.Sqlite:
                return (JournalFile.Open(configuration.Host, time, configuration.Storage.ConnectionString), null);
            case StorageProvider.Redis:
                return (null, await RedisServer.CheckAsync(configuration.Storage.ConnectionString, What, cancellationToken));
            case StorageProvider.Postgres:
                await PostgresJournal.OpenAsync(configuration.Storage, cancellationToken);
                break;
            default:
                await AzureBlobs.CheckAsync(configuration.Storage, cancellationToken);
                break;
        }
        return (null, null);
    }

    /// <returns>What looks through the records; null where the store only gives those that are asked for.</returns>
    public static JournalRecords? Records(HostConfiguration configuration) => configuration.Storage.Provider switch
    {
        StorageProvider.Sqlite => new JournalRecords(new JournalSource(SqliteFile(configuration)), configuration.Clustering.ServiceId),
        StorageProvider.Postgres => new JournalRecords(
            NpgsqlDataSource.Create(PostgresJournal.ConnectionString(configuration.Storage)), configuration.Clustering.ServiceId),
        _ => null,
    };

    public static void AddTo(ISiloBuilder silo, HostConfiguration configuration)
    {
        silo.Services.AddSingleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>();
        switch (configuration.Storage.Provider)
        {
            case StorageProvider.Sqlite:
                // The provider's own name for Microsoft.Data.Sqlite.
                silo.AddAdoNetGrainStorage(Unguarded, storage =>
                    (storage.Invariant, storage.DataSource) = ("System.Data.SQLite", new JournalSource(SqliteFile(configuration))));
                break;
            case StorageProvider.Redis:
                silo.AddRedisGrainStorage(Unguarded, storage =>
                    (storage.ConfigurationOptions, storage.DeleteStateOnClear) = (RedisServer.Options(configuration.Storage.ConnectionString), true));
                break;
            case StorageProvider.Postgres:
                silo.AddAdoNetGrainStorage(Unguarded, storage =>
                    (storage.Invariant, storage.ConnectionString) = ("Npgsql", PostgresJournal.ConnectionString(configuration.Storage)));
                break;
            default:
                silo.AddAzureBlobGrainStorage(Unguarded, storage =>
                {
                    storage.BlobServiceClient = AzureBlobs.Client(configuration.Storage);
                    storage.ContainerName = configuration.Storage.ContainerName;
                    storage.DeleteStateOnClear = true;
                });
                break;
        }
        silo.Services.AddSingleton<StorageOutage>();
        silo.Services.AddKeyedSingleton<IGrainStorage>(JournalStorage.ProviderName, (services, _) => new GuardedStorage(
            services.GetRequiredKeyedService<IGrainStorage>(Unguarded),
            services.GetRequiredService<IGrainStorageSerializer>(),
            services.GetRequiredService<StorageOutage>()));
        Quieten(silo);
    }

    /// <summary>Says once, at start, what the store does not do that SQLite does.</summary>
    public static void Describe(ILogger logger, HostConfiguration configuration)
    {
        var storage = configuration.Storage;
        switch (storage.Provider)
        {
            case StorageProvider.AzureBlob:
                LogAzure(logger, storage.ContainerName, AzureBlobs.Client(storage).AccountName, LacksRecords);
                break;
            case StorageProvider.Redis:
                LogRedis(logger, string.Join(", ", RedisServer.Options(storage.ConnectionString).EndPoints), LacksRecords);
                break;
            case StorageProvider.Postgres:
                var database = new NpgsqlConnectionStringBuilder(storage.ConnectionString);
                LogPostgres(logger, database.Database ?? database.Username ?? "", database.Host!);
                break;
        }
    }

    private static string SqliteFile(HostConfiguration configuration) => JournalFile.ConnectionString(configuration.Host, configuration.Storage.ConnectionString);

    /// <summary>
    /// Every failed call is logged by the provider, and once more by what calls it, under the name of the store's type. Whoever made the
    /// call says so too, and an outage is said once by the guard.
    /// </summary>
    private static void Quieten(ISiloBuilder silo) => silo.ConfigureLogging(logging => logging
        .AddFilter("Orleans.Storage.AzureBlobGrainStorage", LogLevel.None)
        .AddFilter("Orleans.Storage.AdoNetGrainStorage", LogLevel.None)
        .AddFilter("Orleans.Persistence.RedisGrainStorage", LogLevel.None)
        .AddFilter(typeof(GuardedStorage).FullName, LogLevel.None));

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal is in container '{Container}' of the Azure account '{Account}'. {Lacks}")]
    private static partial void LogAzure(ILogger logger, string container, string account, string lacks);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal is in the Redis server {Server}. {Lacks}")]
    private static partial void LogRedis(ILogger logger, string server, string lacks);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal is in database '{Database}' on {Host}. What SQLite has and this store has not: E2LLM:Silo:SetBrokenJournalAside, "
        + "and what is deleted is overwritten when the database clears up, not at once.")]
    private static partial void LogPostgres(ILogger logger, string database, string host);
}
