using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Storage;

/// <summary>Where the journal is kept. Section "E2LLM:Storage".</summary>
public sealed partial class StorageOptions
{
    public const string Section = "E2LLM:Storage";

    /// <summary>The store.</summary>
    public StorageProvider Provider { get; set; }

    /// <summary>What reaches the store, keys included: it is never logged. Not for SQLite, whose file lies in the silo's folder.</summary>
    [OptionText(Default = "none", Valid = "a connection string of an Azure storage account, where the provider is `AzureBlob`")]
    public string ConnectionString { get; set; } = "";

    /// <summary>Container of the blobs, one a cluster; made where it is missing.</summary>
    [OptionText(Valid = "3 to 63 lower-case letters, digits and single hyphens")]
    public string ContainerName { get; set; } = "e2llm";

    /// <summary>What can be told without asking the store.</summary>
    internal void Check(OptionErrors errors)
    {
        if (ContainerName.Length is < 3 or > 63 || !ContainerNames().IsMatch(ContainerName))
            errors.Add(nameof(ContainerName), ContainerName, "3 to 63 lower-case letters, digits and single hyphens, a letter or a digit at either end");
        if (Provider == StorageProvider.Sqlite && ConnectionString.Length > 0)
            errors.Add($"{errors.Key(nameof(ConnectionString))} is given, and {errors.Key(nameof(Provider))} is Sqlite, which has none: name the provider that it is for.");
        if (Provider == StorageProvider.AzureBlob && ConnectionString.Length == 0)
            errors.Add($"{errors.Key(nameof(ConnectionString))} is missing; {errors.Key(nameof(Provider))} is AzureBlob, which needs one.");
        else if (Provider == StorageProvider.AzureBlob && !IsOfAnAccount())
            errors.Add($"{errors.Key(nameof(ConnectionString))} is no connection string of an Azure storage account; it is not shown, because it may hold a key.");
    }

    private bool IsOfAnAccount()
    {
        try
        {
            _ = new BlobServiceClient(ConnectionString);
            return true;
        }
        // Of the parser: a missing setting, a key that is not Base64, an address that is none.
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerNames();
}
