using System.Data.Common;
using E2LLM.Core.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Storage;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace E2LLM.Silo.Retention;

/// <summary>
/// Removes the records of requests that are too old or too many, the oldest first. Records of requests that are not done stay, and so
/// do those that were written less than <see cref="Grace"/> ago: their grain may still be in memory with a reader.
/// </summary>
/// <param name="journal">Its records are counted and removed.</param>
/// <param name="serializer">The store's.</param>
/// <param name="options">What is kept.</param>
/// <param name="time">Tells how old a record is.</param>
internal sealed class JournalRetention(JournalRecords journal, IGrainStorageSerializer serializer, RetentionOptions options, TimeProvider time)
{
    /// <summary>Records are read in pieces of so many, so that neither memory nor the write lock is held for long.</summary>
    internal const int BatchRows = 128;

    /// <summary>The provider stores under the name of the grain's state.</summary>
    private const string RequestType = "request";

    internal static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <returns>How many records were removed.</returns>
    /// <exception cref="DbException">The journal cannot be read or written; what was removed before stays removed.</exception>
    public int Prune(CancellationToken cancellationToken)
    {
        using var connection = journal.Source.OpenConnection();
        var now = time.GetUtcNow();
        var tooOld = (now - TimeSpan.FromDays(options.RequestDays)).ToUnixTimeSeconds();
        var tooYoung = (now - Grace).ToUnixTimeSeconds();
        var (removed, tooMany) = (0, Count(connection) - options.MaxRequests);
        var after = (ModifiedAt: long.MinValue, RowId: long.MinValue);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Read(connection, after, tooMany > removed ? tooYoung : Math.Min(tooOld, tooYoung));
            if (rows.Count == 0)
                break;
            foreach (var row in rows.Where(row => row.ModifiedAt < tooOld || removed < tooMany))
                if (IsDone(row.Payload))
                    removed += Delete(connection, row);
            after = (rows[^1].ModifiedAt, rows[^1].RowId);
        }
        if (connection is SqliteConnection)
            ReturnPages(connection);
        return removed;
    }

    private long Count(DbConnection connection)
    {
        using var command = connection.Command(
            "SELECT count(*) FROM GrainState WHERE ServiceId = @service AND GrainType = @type;", ("service", journal.ServiceId), ("type", RequestType));
        return (long)command.ExecuteScalar()!;
    }

    private List<Row> Read(DbConnection connection, (long ModifiedAt, long RowId) after, long before)
    {
        using var command = connection.Command(
            """
            SELECT rowid, ModifiedAt, Version, Payload FROM GrainState
            WHERE ServiceId = @service AND GrainType = @type AND (ModifiedAt, rowid) > (@afterTime, @afterRow) AND ModifiedAt < @before
            ORDER BY ModifiedAt, rowid LIMIT @rows;
            """,
            ("service", journal.ServiceId),
            ("type", RequestType),
            ("afterTime", after.ModifiedAt),
            ("afterRow", after.RowId),
            ("before", before),
            ("rows", BatchRows));
        using var reader = command.ExecuteReader();
        List<Row> rows = [];
        while (reader.Read())
            rows.Add(new Row(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3)));
        return rows;
    }

    /// <summary>A record that was cleared is over. One that cannot be read belongs to another version, which may yet come back.</summary>
    private bool IsDone(byte[]? payload)
    {
        if (payload is null)
            return true;
        try
        {
            return serializer.Deserialize<RequestJournal>(new BinaryData(payload))?.Record is null or { Phase: RequestPhase.Done };
        }
        // The serializer throws whatever the bytes lead it to.
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>Not where it has been written since it was read.</summary>
    private static int Delete(DbConnection connection, Row row)
    {
        using var command = connection.Command("DELETE FROM GrainState WHERE rowid = @row AND Version = @version;", ("row", row.RowId), ("version", row.Version));
        return command.ExecuteNonQuery();
    }

    /// <summary>
    /// SQLite's pages that came free go back to the file system; stepped to its end, because each step frees one page. The log beside the file,
    /// which has what was deleted since by its clients, begins anew.
    /// </summary>
    private static void ReturnPages(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA incremental_vacuum;";
        using (var reader = command.ExecuteReader())
            while (reader.Read())
            {
                // Nothing comes with a step.
            }
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE);";
        command.ExecuteNonQuery();
    }

    private readonly record struct Row(long RowId, long ModifiedAt, long Version, byte[]? Payload);
}
