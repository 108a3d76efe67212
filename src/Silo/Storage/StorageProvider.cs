namespace E2LLM.Silo.Storage;

/// <summary>Where the records of requests, statistics and plans are kept.</summary>
public enum StorageProvider
{
    /// <summary>A file in the silo's folder.</summary>
    Sqlite,

    /// <summary>Blobs of an Azure storage account, or of what speaks its protocol.</summary>
    AzureBlob,
}
