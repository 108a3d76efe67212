using System.Data.Common;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Plans;
using Orleans.Serialization;
using Orleans.Storage;

namespace E2LLM.Silo.Storage;

/// <summary>
/// The records of a journal that all requests share: plans and statistics. Where one of them cannot be read, its grain never comes to
/// memory, and nothing would be served, or counted, for ever. A request's own record that cannot be read is met by whoever asks for it.
/// </summary>
internal static class SharedRecords
{
    /// <returns>Which record is damaged, or of another version of E2LLM; null where all can be read.</returns>
    /// <exception cref="DbException">The journal cannot be read.</exception>
    public static string? FindUnreadable(DbDataSource journal)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = new OrleansGrainStorageSerializer(services.GetRequiredService<Serializer>());
        using var connection = journal.OpenConnection();
        return FindUnreadable<PlanJournal>(connection, "plan", serializer) ?? FindUnreadable<StatisticsJournal>(connection, "statistics", serializer);
    }

    /// <param name="connection">To the journal.</param>
    /// <param name="type">The name of the grain's state, under which the provider stores it.</param>
    /// <param name="serializer">The store's.</param>
    private static string? FindUnreadable<T>(DbConnection connection, string type, IGrainStorageSerializer serializer)
    {
        using var command = connection.Command("SELECT KeyText, Payload FROM GrainState WHERE GrainType = @type AND Payload IS NOT NULL;", ("type", type));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            try
            {
                serializer.Deserialize<T>(new BinaryData(reader.GetFieldValue<byte[]>(1)));
            }
            // The serializer throws whatever the bytes lead it to.
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                return $"the {type} record of {reader.GetString(0)} cannot be read: it is damaged, or of another version";
            }
        }
        return null;
    }
}
