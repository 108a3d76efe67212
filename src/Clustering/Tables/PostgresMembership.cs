namespace E2LLM.Clustering.Tables;

/// <summary>
/// The cluster's silos in PostgreSQL: the tables, and the queries that Orleans' AdoNet clustering asks for by their keys and calls with
/// the parameters named in them. Its rows are read as those of one join: a cluster without silos is one row without an address.
/// </summary>
/// <remarks>
/// The version of a cluster's table goes up with every change of a silo's status, and a change that was made from another version is
/// refused. Both are one statement, so no reader sees either without the other, whenever a silo or the server is killed.
/// </remarks>
internal static class PostgresMembership
{
    public const string Part = "clustering";

    public const string Tables = """
        CREATE TABLE IF NOT EXISTS MembershipVersion (
            DeploymentId text PRIMARY KEY,
            Version integer NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS Membership (
            DeploymentId text NOT NULL REFERENCES MembershipVersion,
            Address text NOT NULL,
            Port integer NOT NULL,
            Generation integer NOT NULL,
            SiloName text NOT NULL,
            HostName text NOT NULL,
            Status integer NOT NULL,
            ProxyPort integer,
            SuspectTimes text,
            StartTime timestamptz NOT NULL,
            IAmAliveTime timestamptz NOT NULL,
            PRIMARY KEY (DeploymentId, Address, Port, Generation));
        """;

    private const string ThisSilo = "DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation";

    private const string Columns =
        "v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version";

    public static readonly IReadOnlyList<(string Key, string Text)> Queries =
    [
        ("InsertMembershipVersionKey", """
            WITH inserted AS (INSERT INTO MembershipVersion (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM inserted);
            """),
        ("InsertMembershipKey", $"""
            WITH raised AS (
                UPDATE MembershipVersion SET Version = Version + 1
                WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS (SELECT 1 FROM Membership WHERE {ThisSilo})
                RETURNING 1),
            inserted AS (
                INSERT INTO Membership (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
                SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
                RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM inserted);
            """),
        ("UpdateMembershipKey", $"""
            WITH raised AS (
                UPDATE MembershipVersion SET Version = Version + 1
                WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS (SELECT 1 FROM Membership WHERE {ThisSilo})
                RETURNING 1),
            updated AS (
                UPDATE Membership SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
                WHERE {ThisSilo} AND EXISTS (SELECT 1 FROM raised)
                RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM updated);
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE Membership SET IAmAliveTime = @IAmAliveTime WHERE {ThisSilo};"),
        ("MembershipReadAllKey", $"""
            SELECT {Columns} FROM MembershipVersion v LEFT JOIN Membership m ON m.DeploymentId = v.DeploymentId
            WHERE v.DeploymentId = @DeploymentId;
            """),
        ("MembershipReadRowKey", $"""
            SELECT {Columns} FROM MembershipVersion v LEFT JOIN Membership m
            ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
            WHERE v.DeploymentId = @DeploymentId;
            """),
        ("GatewaysQueryKey",
            "SELECT Address, ProxyPort, Generation FROM Membership WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;"),
        ("DeleteMembershipTableEntriesKey", """
            WITH gone AS (DELETE FROM Membership WHERE DeploymentId = @DeploymentId)
            UPDATE MembershipVersion SET Version = Version + 1 WHERE DeploymentId = @DeploymentId;
            """),
        // 3 is Active.
        ("CleanupDefunctSiloEntriesKey",
            "DELETE FROM Membership WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3;"),
    ];
}
