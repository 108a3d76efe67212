using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Retention;

public sealed class JournalRetentionTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly OrleansGrainStorageSerializer _serializer;
    private readonly string _journal;

    public JournalRetentionTests()
    {
        _serializer = new OrleansGrainStorageSerializer(_services.GetRequiredService<Orleans.Serialization.Serializer>());
        _journal = JournalSchema.ConnectionString(Path.Combine(_folder.Path, "journal.db"));
        JournalSchema.Apply(_journal);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Prune_DoneAndTooOld_IsRemoved()
    {
        Write("old", RequestPhase.Done, TimeSpan.FromDays(8));
        Write("young", RequestPhase.Done, TimeSpan.FromDays(6));

        Assert.Equal(1, Prune(days: 7));

        Assert.Equal(["young"], Ids());
    }

    [Fact]
    public void Prune_MoreThanAreKept_RemovesTheOldest()
    {
        foreach (var hours in Enumerable.Range(1, 5))
            Write($"{hours} h", RequestPhase.Done, TimeSpan.FromHours(hours));

        Assert.Equal(3, Prune(most: 2));

        Assert.Equal(["1 h", "2 h"], Ids());
    }

    [Fact]
    public void Prune_NotDone_StaysHoweverOldAndManyTheyAre()
    {
        foreach (var phase in Enum.GetValues<RequestPhase>().Where(phase => phase != RequestPhase.Done))
            Write($"{phase}", phase, TimeSpan.FromDays(99));
        Write("done", RequestPhase.Done, TimeSpan.FromHours(1));

        Assert.Equal(1, Prune(days: 1, most: 1));

        Assert.Equal(Enum.GetValues<RequestPhase>().Length - 1, Ids().Count);
    }

    [Fact]
    public void Prune_YoungerThanAMinute_StaysHoweverManyThereAre()
    {
        foreach (var seconds in new[] { 1, 30, 59, 61 })
            Write($"{seconds} s", RequestPhase.Done, TimeSpan.FromSeconds(seconds));

        Assert.Equal(1, Prune(most: 1));

        Assert.Equal(["1 s", "30 s", "59 s"], Ids());
    }

    [Fact]
    public void Prune_RecordThatCannotBeRead_Stays()
    {
        Write("damaged", [1, 2, 3], TimeSpan.FromDays(99));

        Assert.Equal(0, Prune(days: 1, most: 1));

        Assert.Equal(["damaged"], Ids());
    }

    [Fact]
    public void Prune_OtherGrains_AreNoneOfItsBusiness()
    {
        Write("plan", [1], TimeSpan.FromDays(99), type: "plan");

        Assert.Equal(0, Prune(days: 1, most: 1));
    }

    [Fact]
    public void Prune_ManyMoreThanOneRead_RemovesAllAndShrinksTheFile()
    {
        for (var i = 0; i < 3 * JournalRetention.BatchRows + 1; i++)
            Write($"{i}", i % 100 == 7 ? RequestPhase.Decode : RequestPhase.Done, TimeSpan.FromDays(8), promptTokens: 4000);
        var before = Bytes();

        var removed = Prune(days: 7);

        Assert.Equal(3 * JournalRetention.BatchRows + 1, removed + Ids().Count);
        Assert.Equal(4, Ids().Count);
        Assert.InRange(Bytes(), 1, before / 4);
    }

    [Fact]
    public void Apply_JournalOfAnEarlierVersion_CountsItsRecordsFromNowOn()
    {
        var earlier = JournalSchema.ConnectionString(Path.Combine(_folder.Path, "earlier.db"));
        Execute(earlier, """
            CREATE TABLE GrainState (
                ServiceId TEXT NOT NULL, GrainType TEXT NOT NULL, KeyHigh INTEGER NOT NULL, KeyLow INTEGER NOT NULL, KeyText TEXT NOT NULL,
                Version INTEGER NOT NULL, Payload BLOB, PRIMARY KEY (ServiceId, GrainType, KeyHigh, KeyLow, KeyText));
            INSERT INTO GrainState VALUES ('e2llm', 'request', 0, 0, 'a', 2, x'01');
            """);

        JournalSchema.Apply(earlier);
        JournalSchema.Apply(earlier);

        Assert.Equal(1L, Scalar(earlier, "SELECT count(*) FROM GrainState WHERE abs(ModifiedAt - unixepoch()) < 600;"));
        Assert.Equal(2L, Scalar(earlier, "PRAGMA auto_vacuum;"));
    }

    private int Prune(double days = 30, int most = 1000) => new JournalRetention(
        new JournalRecords(new JournalSource(_journal), "e2llm"), _serializer, new RetentionOptions { RequestDays = days, MaxRequests = most }, new FakeTimeProvider(Now)).Prune(CancellationToken.None);

    private void Write(string id, RequestPhase phase, TimeSpan age, int promptTokens = 3) => Write(id, Payload(id, phase, promptTokens), age);

    private void Write(string id, byte[] payload, TimeSpan age, string type = "request")
    {
        using var connection = new SqliteConnection(_journal);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO GrainState VALUES ('e2llm', $type, 0, 0, $id, 2, $payload, $at);";
        command.Parameters.AddWithValue("$type", type);
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$payload", payload);
        command.Parameters.AddWithValue("$at", (Now - age).ToUnixTimeSeconds());
        command.ExecuteNonQuery();
    }

    private byte[] Payload(string id, RequestPhase phase, int promptTokens)
    {
        var request = new GenerationRequest
        {
            Id = id,
            ModelId = "m",
            PromptTokens = [.. Enumerable.Range(0, promptTokens).Select(i => i * 7919 % 30_000)],
            MaxTokens = 1,
        };
        return _serializer.Serialize(new RequestJournal { Record = new RequestRecord { Request = request, Phase = phase } }).ToArray();
    }

    private List<string> Ids()
    {
        using var connection = new SqliteConnection(_journal);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT KeyText FROM GrainState ORDER BY ModifiedAt DESC;";
        using var reader = command.ExecuteReader();
        List<string> ids = [];
        while (reader.Read())
            ids.Add(reader.GetString(0));
        return ids;
    }

    private long Bytes() => new FileInfo(Path.Combine(_folder.Path, "journal.db")).Length
        + new FileInfo(Path.Combine(_folder.Path, "journal.db-wal")).Length;

    private static void Execute(string journal, string text)
    {
        using var connection = new SqliteConnection(journal);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(string journal, string text)
    {
        using var connection = new SqliteConnection(journal);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
