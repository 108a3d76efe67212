using System.Data.Common;
using E2LLM.Core.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Storage;
using Orleans.Storage;

namespace E2LLM.Silo.Recovery;

/// <summary>The records in a journal that a killed process may have left half done: nobody else looks at those of requests that nobody asks for.</summary>
/// <param name="journal">Its records are read.</param>
/// <param name="serializer">The store's.</param>
internal sealed class LeftRecords(JournalRecords journal, IGrainStorageSerializer serializer)
{
    /// <summary>Records are read in pieces of so many, so that they are in memory one after the other.</summary>
    internal const int BatchRows = 128;

    /// <summary>Ids of requests that are not done, however old, and of those that ended at a time or later.</summary>
    /// <param name="modelId">Whose ended requests are wanted.</param>
    /// <param name="endedSince">Null: all of them.</param>
    /// <exception cref="DbException">The journal cannot be read.</exception>
    public IEnumerable<string> Find(string modelId, DateTimeOffset? endedSince)
    {
        using var connection = journal.Source.OpenConnection();
        var since = endedSince?.ToUnixTimeSeconds() ?? long.MinValue;
        var after = long.MinValue;
        while (Read(connection, after) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                if (Record(row.Payload) is { } record
                    && (record.Phase != RequestPhase.Done || (row.ModifiedAt >= since && record.Request.ModelId == modelId)))
                    yield return record.Request.Id;
            after = rows[^1].RowId;
        }
    }

    private List<(long RowId, long ModifiedAt, byte[] Payload)> Read(DbConnection connection, long after)
    {
        using var command = connection.Command(
            """
            SELECT rowid, ModifiedAt, Payload FROM GrainState
            WHERE ServiceId = @service AND GrainType = 'request' AND rowid > @after AND Payload IS NOT NULL ORDER BY rowid LIMIT @rows;
            """,
            ("service", journal.ServiceId),
            ("after", after),
            ("rows", BatchRows));
        using var reader = command.ExecuteReader();
        List<(long, long, byte[])> rows = [];
        while (reader.Read())
            rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        return rows;
    }

    /// <summary>Null where it belongs to another version, or is damaged.</summary>
    private Grains.Interfaces.Requests.RequestRecord? Record(byte[] payload)
    {
        try
        {
            return serializer.Deserialize<RequestJournal>(new BinaryData(payload))?.Record;
        }
        // The serializer throws whatever the bytes lead it to.
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return null;
        }
    }
}
