using E2LLM.Core.Errors;
using Microsoft.Data.Sqlite;

namespace E2LLM.Clustering.Tables;

/// <summary>
/// The cluster's silos in a SQLite file that several processes of one machine share. Orleans has no queries of its own for it; these
/// meet the contract of its AdoNet clustering, as those for PostgreSQL do.
/// </summary>
/// <remarks>
/// A cluster's version lies in the table of its silos, as the row without an address, so that a change of a silo and of the version are
/// one statement: SQLite has no statement that writes two tables, and a transaction spread over a command's text would outlive its failure
/// in the connection's pool.
/// </remarks>
internal static class SqliteMembership
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey TEXT PRIMARY KEY, QueryText TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS Membership (
            DeploymentId TEXT NOT NULL,
            Address TEXT NOT NULL,
            Port INTEGER NOT NULL,
            Generation INTEGER NOT NULL,
            SiloName TEXT,
            HostName TEXT,
            Status INTEGER,
            ProxyPort INTEGER,
            SuspectTimes TEXT,
            StartTime TEXT,
            IAmAliveTime TEXT,
            Version INTEGER,
            PRIMARY KEY (DeploymentId, Address, Port, Generation));
        """;

    private const string TheVersion = "DeploymentId = @DeploymentId AND Address = ''";

    private const string ThisSilo = "DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation";

    private const string Columns =
        "v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version";

    private static readonly (string Key, string Text)[] Queries =
    [
        ("InsertMembershipVersionKey", """
            INSERT INTO Membership (DeploymentId, Address, Port, Generation, Version) VALUES (@DeploymentId, '', 0, 0, 0) ON CONFLICT DO NOTHING;
            SELECT changes() > 0;
            """),
        ("InsertMembershipKey", $"""
            INSERT INTO Membership (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime, Version)
            SELECT @DeploymentId, one.* FROM (
                SELECT '', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0
                UNION ALL SELECT @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime, NULL) one
            WHERE EXISTS (SELECT 1 FROM Membership WHERE {TheVersion} AND Version = @Version) AND NOT EXISTS (SELECT 1 FROM Membership WHERE {ThisSilo})
            ON CONFLICT DO UPDATE SET Version = Version + 1;
            SELECT changes() > 0;
            """),
        ("UpdateMembershipKey", $"""
            UPDATE Membership SET
                Version = Version + 1,
                Status = CASE Address WHEN '' THEN Status ELSE @Status END,
                SuspectTimes = CASE Address WHEN '' THEN SuspectTimes ELSE @SuspectTimes END,
                IAmAliveTime = CASE Address WHEN '' THEN IAmAliveTime ELSE @IAmAliveTime END
            WHERE (({TheVersion}) OR ({ThisSilo}))
            AND EXISTS (SELECT 1 FROM Membership WHERE {TheVersion} AND Version = @Version) AND EXISTS (SELECT 1 FROM Membership WHERE {ThisSilo});
            SELECT changes() > 0;
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE Membership SET IAmAliveTime = @IAmAliveTime WHERE {ThisSilo};"),
        ("MembershipReadAllKey", $"""
            SELECT {Columns} FROM Membership v LEFT JOIN Membership m ON m.DeploymentId = v.DeploymentId AND m.Address <> ''
            WHERE v.DeploymentId = @DeploymentId AND v.Address = '';
            """),
        ("MembershipReadRowKey", $"""
            SELECT {Columns} FROM Membership v LEFT JOIN Membership m
            ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
            WHERE v.DeploymentId = @DeploymentId AND v.Address = '';
            """),
        ("GatewaysQueryKey",
            "SELECT Address, ProxyPort, Generation FROM Membership WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;"),
        ("DeleteMembershipTableEntriesKey", "DELETE FROM Membership WHERE DeploymentId = @DeploymentId AND Address <> '';"),
        // 3 is Active. Times are texts that sort as they follow each other.
        ("CleanupDefunctSiloEntriesKey",
            "DELETE FROM Membership WHERE DeploymentId = @DeploymentId AND Address <> '' AND IAmAliveTime < @IAmAliveTime AND Status <> 3;"),
    ];

    /// <summary>Without waiting for a lock longer than a probe may.</summary>
    public static string ConnectionString(string given) => new SqliteConnectionStringBuilder(given) { DefaultTimeout = 10 }.ToString();

    /// <summary>Makes the file, which its owner alone may read, and the tables where they are missing. Several silos may do it at once.</summary>
    /// <exception cref="ConfigurationException">It cannot be opened or written to, or holds something else; names the option.</exception>
    public static void Apply(string given, string what)
    {
        var path = new SqliteConnectionStringBuilder(given).DataSource;
        try
        {
            MakePrivate(path);
            using var connection = new SqliteConnection(ConnectionString(given));
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL;");
            using var transaction = connection.BeginTransaction();
            using (var command = connection.CreateCommand())
            {
                command.CommandText = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT IN ('OrleansQuery', 'Membership');";
                if ((long)command.ExecuteScalar()! > 0)
                    throw new ConfigurationException($"The file '{path}' of {what} holds other tables than those of a cluster, a journal perhaps. Name another file.");
            }
            Execute(connection, Tables);
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
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The file '{path}' of {what} cannot be used: {StoreFailure.ReasonOf(error)}", error);
        }
    }

    /// <summary>Before SQLite opens it, which gives the files beside it the same mode. Whoever may write to it may send the cluster's silos anywhere.</summary>
    private static void MakePrivate(string path)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
            new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = owner }).Dispose();
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
