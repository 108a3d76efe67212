using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Storage;

/// <summary>
/// The SQLite file behind the journal. Orleans' AdoNet provider reads its queries from a table of the database itself; this writes
/// the table, ours and idempotent.
/// </summary>
/// <remarks>
/// The provider's contract: it passes the parameters named below and reads the columns PayloadBinary and Version. A write answers
/// with NewGrainStateVersion: the new version, or the one that was passed (null included) where somebody else has written meanwhile.
/// The whole key is the primary key, so the provider's hashes are not needed.
/// </remarks>
public static class JournalSchema
{
    private const string Tables = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS GrainState (
            ServiceId TEXT NOT NULL,
            GrainType TEXT NOT NULL,
            KeyHigh INTEGER NOT NULL,
            KeyLow INTEGER NOT NULL,
            KeyText TEXT NOT NULL,
            Version INTEGER NOT NULL,
            Payload BLOB,
            PRIMARY KEY (ServiceId, GrainType, KeyHigh, KeyLow, KeyText));
        """;

    private const string ThisGrain = """
        ServiceId = @ServiceId AND GrainType = @GrainTypeString AND KeyHigh = @GrainIdN0 AND KeyLow = @GrainIdN1
        AND KeyText = coalesce(@GrainIdExtensionString, '')
        """;

    private const string VersionAfterwards =
        "SELECT CASE WHEN changes() = 0 THEN @GrainStateVersion ELSE coalesce(@GrainStateVersion, 0) + 1 END AS NewGrainStateVersion;";

    private static readonly (string Key, string Text)[] Queries =
    [
        ("ReadFromStorageKey", $"SELECT Payload AS PayloadBinary, Version FROM GrainState WHERE {ThisGrain};"),
        ("WriteToStorageKey", $"""
            INSERT INTO GrainState (ServiceId, GrainType, KeyHigh, KeyLow, KeyText, Version, Payload)
            SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
            WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM GrainState WHERE {ThisGrain})
            ON CONFLICT DO UPDATE SET Payload = excluded.Payload, Version = Version + 1 WHERE Version = @GrainStateVersion;
            {VersionAfterwards}
            """),
        ("ClearStorageKey", $"""
            UPDATE GrainState SET Payload = NULL, Version = Version + 1 WHERE {ThisGrain} AND Version = @GrainStateVersion;
            {VersionAfterwards}
            """),
    ];

    /// <summary>The connection string of a journal file.</summary>
    public static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ToString();

    /// <summary>Creates what is missing. Harmless when repeated, and when several silos do it at once.</summary>
    public static void Apply(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var tables = connection.CreateCommand();
        tables.CommandText = Tables;
        tables.ExecuteNonQuery();
        using var transaction = connection.BeginTransaction();
        foreach (var (key, text) in Queries)
        {
            using var query = connection.CreateCommand();
            query.CommandText = "INSERT OR REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES ($key, $text);";
            query.Parameters.AddWithValue("$key", key);
            query.Parameters.AddWithValue("$text", text);
            query.ExecuteNonQuery();
        }
        transaction.Commit();
    }
}
