namespace E2LLM.Silo.Storage;

/// <summary>Where the records of requests, statistics and plans are kept.</summary>
public enum StorageProvider
{
    /// <summary>A file: in the silo's folder, or one that several silos of one machine share.</summary>
    Sqlite,

    /// <summary>Blobs of an Azure storage account, or of what speaks its protocol.</summary>
    AzureBlob,

    /// <summary>Hashes of a Redis server that keeps its data over a restart.</summary>
    Redis,

    /// <summary>A table of a PostgreSQL database.</summary>
    Postgres,
}
