namespace E2LLM.Clustering;

/// <summary>Where the silos of a cluster find each other.</summary>
public enum ClusteringProvider
{
    /// <summary>Nowhere: one process is the whole cluster.</summary>
    Localhost,

    /// <summary>In a file, for several processes on one machine.</summary>
    Sqlite,

    /// <summary>In a Redis server that keeps its data over a restart.</summary>
    Redis,

    /// <summary>In a PostgreSQL database.</summary>
    Postgres,

    /// <summary>In a table of an Azure storage account, or of what speaks its protocol.</summary>
    AzureTable,
}
