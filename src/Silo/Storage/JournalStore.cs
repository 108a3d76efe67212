using E2LLM.Grains.Requests;
using E2LLM.Silo.Hosting;
using Orleans.Storage;

namespace E2LLM.Silo.Storage;

/// <summary>The configured store: opened and checked before the host starts, then handed to Orleans behind a guard.</summary>
internal static partial class JournalStore
{
    /// <summary>The provider that Orleans knows; grains ask for the guarded one, <see cref="JournalStorage.ProviderName"/>.</summary>
    private const string Unguarded = "journal-store";

    /// <returns>What a broken SQLite journal was renamed to; null where there was none.</returns>
    /// <exception cref="Core.Errors.ConfigurationException">The store cannot be opened or written to; names the option.</exception>
    public static async Task<string?> OpenAsync(HostConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        if (configuration.Storage.Provider == StorageProvider.Sqlite)
            return JournalFile.Open(configuration.Host, time);
        await AzureBlobs.CheckAsync(configuration.Storage, cancellationToken);
        return null;
    }

    public static void AddTo(ISiloBuilder silo, HostConfiguration configuration)
    {
        silo.Services.AddSingleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>();
        if (configuration.Storage.Provider == StorageProvider.Sqlite)
            silo.AddAdoNetGrainStorage(Unguarded, storage =>
            {
                // The provider's own name for Microsoft.Data.Sqlite.
                storage.Invariant = "System.Data.SQLite";
                storage.DataSource = new JournalSource(JournalFile.ConnectionString(configuration.Host));
            });
        else
            silo.AddAzureBlobGrainStorage(Unguarded, storage =>
            {
                storage.BlobServiceClient = AzureBlobs.Client(configuration.Storage);
                storage.ContainerName = configuration.Storage.ContainerName;
                storage.DeleteStateOnClear = true;
            });
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
        if (configuration.Storage.Provider == StorageProvider.AzureBlob)
            LogAzure(logger, configuration.Storage.ContainerName, AzureBlobs.Client(configuration.Storage).AccountName);
    }

    /// <summary>
    /// Every failed call is logged by the provider, and once more by what calls it, under the name of the store's type. Whoever made the
    /// call says so too, and an outage is said once by the guard.
    /// </summary>
    private static void Quieten(ISiloBuilder silo) => silo.ConfigureLogging(logging => logging
        .AddFilter("Orleans.Storage.AzureBlobGrainStorage", LogLevel.None)
        .AddFilter("Orleans.Storage.AdoNetGrainStorage", LogLevel.None)
        .AddFilter(typeof(GuardedStorage).FullName, LogLevel.None));

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal is in container '{Container}' of the Azure account '{Account}'. What SQLite has and this store has not: "
        + "E2LLM:Retention:RequestDays and MaxRequests (records stay until they are deleted), E2LLM:Silo:SetBrokenJournalAside, and after a kill the look for requests that were running "
        + "(each is ended when it is asked for) and the statistics of the last seconds.")]
    private static partial void LogAzure(ILogger logger, string container, string account);
}
