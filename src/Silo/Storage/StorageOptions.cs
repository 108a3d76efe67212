using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using E2LLM.Clustering;
using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Storage;

/// <summary>Where the journal is kept. Section "E2LLM:Storage".</summary>
public sealed partial class StorageOptions
{
    public const string Section = "E2LLM:Storage";

    /// <summary>The store.</summary>
    public StorageProvider Provider { get; set; }

    /// <summary>What reaches the store, passwords and keys included: it is never logged. For SQLite only a file that several silos share.</summary>
    [OptionText(Default = "none", Valid = "what the provider takes; none for a `Sqlite` journal in the silo's folder")]
    public string ConnectionString { get; set; } = "";

    /// <summary>Container of the blobs, one a cluster; made where it is missing.</summary>
    [OptionText(Valid = "3 to 63 lower-case letters, digits and single hyphens")]
    public string ContainerName { get; set; } = "e2llm";

    /// <summary>What can be told without asking the store.</summary>
    /// <param name="errors">Take what is wrong.</param>
    /// <param name="clustering">Whether other silos need the same records.</param>
    internal void Check(OptionErrors errors, ClusteringOptions clustering)
    {
        if (ContainerName.Length is < 3 or > 63 || !ContainerNames().IsMatch(ContainerName))
            errors.Add(nameof(ContainerName), ContainerName, "3 to 63 lower-case letters, digits and single hyphens, a letter or a digit at either end");
        if (Provider == StorageProvider.Sqlite)
            CheckSqlite(errors, clustering);
        else if (ConnectionString.Length == 0)
            errors.Add($"{errors.Key(nameof(ConnectionString))} is missing; {errors.Key(nameof(Provider))} is {Provider}, which needs one.");
        else if (!IsOfProvider())
            errors.Add($"{errors.Key(nameof(ConnectionString))} is no connection string of {Store}; it is not shown, because it may hold a key.");
    }

    private string Store => Provider switch
    {
        StorageProvider.AzureBlob => "an Azure storage account",
        StorageProvider.Redis => "a Redis server",
        StorageProvider.Postgres => "a PostgreSQL database",
        _ => "a SQLite file",
    };

    /// <summary>Plans, requests and statistics of a cluster are read by all of its silos, so they must not lie in the folder of one.</summary>
    private void CheckSqlite(OptionErrors errors, ClusteringOptions clustering)
    {
        const string clusteringKey = $"{ClusteringOptions.Section}:{nameof(ClusteringOptions.Provider)}";
        var (provider, key) = (errors.Key(nameof(Provider)), errors.Key(nameof(ConnectionString)));
        switch (clustering.Provider)
        {
            case ClusteringProvider.Localhost when ConnectionString.Length > 0:
                errors.Add($"{key} is given, and {provider} is Sqlite, which has none where {clusteringKey} is Localhost: name the provider that it is for.");
                break;
            case ClusteringProvider.Localhost:
                break;
            case ClusteringProvider.Sqlite when ConnectionString.Length == 0:
                errors.Add($"{key} is missing; {provider} is Sqlite and {clusteringKey} is Sqlite, so the silos of this machine need one journal for all of them, such as 'Data Source=/var/lib/e2llm/journal.db'.");
                break;
            case ClusteringProvider.Sqlite when !IsOfProvider():
                errors.Add($"{key} is '{ConnectionString}'; it must be a connection string of a SQLite file, such as 'Data Source=/var/lib/e2llm/journal.db'.");
                break;
            case ClusteringProvider.Sqlite:
                if (ConnectionStrings.IsValid(clustering.Provider, clustering.ConnectionString) && JournalFile.PathOf(ConnectionString) == JournalFile.PathOf(clustering.ConnectionString))
                    errors.Add($"{key} and {ClusteringOptions.Section}:{nameof(ClusteringOptions.ConnectionString)} name the same file; the journal and the cluster's table need one each.");
                break;
            default:
                errors.Add($"{provider} is Sqlite, whose journal only silos of one machine can share, and {clusteringKey} is {clustering.Provider}: choose a store that all silos of the cluster reach, "
                    + $"{StorageProvider.Redis}, {StorageProvider.Postgres} or {StorageProvider.AzureBlob}.");
                break;
        }
    }

    private bool IsOfProvider()
    {
        try
        {
            return Provider switch
            {
                StorageProvider.Redis => ConnectionStrings.IsRedis(ConnectionString),
                StorageProvider.Postgres => ConnectionStrings.IsPostgres(ConnectionString),
                StorageProvider.Sqlite => ConnectionStrings.IsSqliteFile(ConnectionString),
                _ => new BlobServiceClient(ConnectionString).Uri is not null,
            };
        }
        // Of the parsers: a missing setting, an unknown one, a key that is not Base64, an address that is none.
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerNames();
}
