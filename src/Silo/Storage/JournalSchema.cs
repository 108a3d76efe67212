using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Storage;

/// <summary>
/// The SQLite file behind the journal. Orleans' AdoNet provider reads its queries from a table of the database itself; this writes
/// the table, ours and idempotent.
/// </summary>
/// <remarks>
/// The provider's contract: it passes the parameters named below and reads the columns PayloadBinary and Version. A write answers
/// with NewGrainStateVersion: the new version, or the one that was passed (null included) where somebody else has written meanwhile.
/// The whole key is the primary key, so the provider's hashes are not needed. ModifiedAt, in seconds since 1970, is ours: it comes from
/// SQLite's clock, because the provider hands no time over, and says what retention may remove.
/// </remarks>
public static class JournalSchema
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS GrainState (
            ServiceId TEXT NOT NULL,
            GrainType TEXT NOT NULL,
            KeyHigh INTEGER NOT NULL,
            KeyLow INTEGER NOT NULL,
            KeyText TEXT NOT NULL,
            Version INTEGER NOT NULL,
            Payload BLOB,
            ModifiedAt INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (ServiceId, GrainType, KeyHigh, KeyLow, KeyText));
        """;

    private const string KnownColumns = """
        SELECT count(*) FROM pragma_table_info('GrainState')
        WHERE name IN ('ServiceId', 'GrainType', 'KeyHigh', 'KeyLow', 'KeyText', 'Version', 'Payload');
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
            INSERT INTO GrainState (ServiceId, GrainType, KeyHigh, KeyLow, KeyText, Version, Payload, ModifiedAt)
            SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary, unixepoch()
            WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM GrainState WHERE {ThisGrain})
            ON CONFLICT DO UPDATE SET Payload = excluded.Payload, Version = Version + 1, ModifiedAt = unixepoch()
            WHERE Version = @GrainStateVersion;
            {VersionAfterwards}
            """),
        ("ClearStorageKey", $"""
            DELETE FROM GrainState
            WHERE {ThisGrain} AND Version = @GrainStateVersion;
            {VersionAfterwards}
            """),
    ];

    /// <summary>The connection string of a journal file.</summary>
    public static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ToString();

    /// <summary>Creates what is missing. Harmless when repeated, and when several silos do it at once.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, is no database, is damaged, or has tables of another kind.</exception>
    public static void Apply(string connectionString)
    {
        using var connection = JournalSource.Open(connectionString);
        Check(connection);
        LetShrink(connection);
        Execute(connection, "PRAGMA journal_mode = WAL;");
        // All at once: another silo that opens the file meanwhile must not take half of it for somebody else's.
        using var transaction = connection.BeginTransaction();
        Execute(connection, Tables);
        AddModifiedAt(connection);
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

    /// <summary>
    /// Before anything is written. Reads the whole file once: a page that was damaged would else be found by the request that needs it.
    /// A database with other tables is somebody else's.
    /// </summary>
    private static void Check(SqliteConnection connection)
    {
        const int otherSchema = 1, damaged = 11;
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1);";
        if (command.ExecuteScalar() is string said && said != "ok")
            throw new SqliteException($"SQLite Error {damaged}: '{said}'.", damaged);
        if (Scalar(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table';") > 0 && Scalar(connection, KnownColumns) != 7)
            throw new SqliteException($"SQLite Error {otherSchema}: 'the tables are not those of a journal'.", otherSchema);
    }

    /// <summary>
    /// Lets pages that came free be returned to the file system. A file that was made without has to be written anew for that, once.
    /// </summary>
    private static void LetShrink(SqliteConnection connection)
    {
        const long incremental = 2;
        if (Scalar(connection, "PRAGMA auto_vacuum;") == incremental)
            return;
        try
        {
            Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
        }
        catch (SqliteException)
        {
            // Another silo is using it, or the disk has no room for a second copy: it stays as large as it is until one of the next starts.
        }
    }

    /// <summary>Journals of earlier versions do not know when their records were written: they count from now on.</summary>
    private static void AddModifiedAt(SqliteConnection connection)
    {
        if (Scalar(connection, "SELECT count(*) FROM pragma_table_info('GrainState') WHERE name = 'ModifiedAt';") == 0)
            Execute(connection, """
                ALTER TABLE GrainState ADD COLUMN ModifiedAt INTEGER NOT NULL DEFAULT 0;
                UPDATE GrainState SET ModifiedAt = unixepoch();
                """);
        Execute(connection, "CREATE INDEX IF NOT EXISTS GrainStateByAge ON GrainState (GrainType, ModifiedAt);");
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return (long)command.ExecuteScalar()!;
    }
}
