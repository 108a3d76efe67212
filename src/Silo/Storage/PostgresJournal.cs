using E2LLM.Clustering;
using E2LLM.Core.Errors;
using Npgsql;

namespace E2LLM.Silo.Storage;

/// <summary>
/// The journal in PostgreSQL: a table as that of the SQLite file, <see cref="JournalSchema"/>, and queries that meet the same contract
/// of Orleans' AdoNet provider. A row's number is named as SQLite names its own, so that what looks through the records serves both.
/// </summary>
internal static class PostgresJournal
{
    private const string Part = "journal";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS GrainState (
            RowId bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            ServiceId text NOT NULL,
            GrainType text NOT NULL,
            KeyHigh bigint NOT NULL,
            KeyLow bigint NOT NULL,
            KeyText text NOT NULL,
            Version integer NOT NULL,
            Payload bytea,
            ModifiedAt bigint NOT NULL,
            PRIMARY KEY (ServiceId, GrainType, KeyHigh, KeyLow, KeyText));
        CREATE INDEX IF NOT EXISTS GrainStateByAge ON GrainState (ServiceId, GrainType, ModifiedAt, RowId);
        """;

    private const string ThisGrain = """
        ServiceId = @ServiceId AND GrainType = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
        AND KeyText = coalesce(@GrainIdExtensionString, '')
        """;

    private const string Now = "extract(epoch FROM clock_timestamp())::bigint";

    private static readonly (string Key, string Text)[] Queries =
    [
        ("ReadFromStorageKey", $"SELECT Payload AS PayloadBinary, Version FROM GrainState WHERE {ThisGrain};"),
        ("WriteToStorageKey", $"""
            WITH written AS (
                INSERT INTO GrainState (ServiceId, GrainType, KeyHigh, KeyLow, KeyText, Version, Payload, ModifiedAt)
                SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary, {Now}
                WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM GrainState WHERE {ThisGrain})
                ON CONFLICT (ServiceId, GrainType, KeyHigh, KeyLow, KeyText) DO UPDATE
                SET Payload = excluded.Payload, Version = GrainState.Version + 1, ModifiedAt = excluded.ModifiedAt
                WHERE GrainState.Version = @GrainStateVersion
                RETURNING Version)
            SELECT coalesce((SELECT Version FROM written), @GrainStateVersion) AS NewGrainStateVersion;
            """),
        ("ClearStorageKey", $"""
            WITH gone AS (DELETE FROM GrainState WHERE {ThisGrain} AND Version = @GrainStateVersion RETURNING Version)
            SELECT coalesce((SELECT Version + 1 FROM gone), @GrainStateVersion) AS NewGrainStateVersion;
            """),
    ];

    private const string What = $"{StorageOptions.Section}:{nameof(StorageOptions.ConnectionString)}";

    public static string ConnectionString(StorageOptions options) => PostgresDatabase.ConnectionString(options.ConnectionString);

    /// <summary>Makes the table where it is missing, and looks through the records that all requests need.</summary>
    /// <exception cref="ConfigurationException">The database cannot be used, or such a record cannot be read; says what to do.</exception>
    public static async Task OpenAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        await PostgresDatabase.ApplyAsync(options.ConnectionString, Part, Tables, Queries, What, cancellationToken);
        await using var source = NpgsqlDataSource.Create(ConnectionString(options));
        if (SharedRecords.FindUnreadable(source) is { } record)
            throw new ConfigurationException($"In the journal in the database of {What} {record}. Delete that row of the table GrainState, or name another database.");
    }
}
