using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Silo.Tests.Storage;

public sealed class JournalFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private string Journal => Path.Combine(_folder.Path, "journal.db");

    [Theory]
    [InlineData("text")]
    [InlineData("other tables")]
    [InlineData("cut in half")]
    [InlineData("a page overwritten")]
    public void Open_NoJournal_SaysWhichFileAndWhatToDo(string what)
    {
        Break(what);

        var error = Assert.Throws<ConfigurationException>(() => Open(setAside: false));

        Assert.StartsWith($"The journal '{Journal}' is damaged, or no journal of E2LLM: SQLite Error ", error.Message);
        Assert.Contains("E2LLM:Silo:SetBrokenJournalAside to true", error.Message);
        Assert.EndsWith("E2LLM:Silo:DataDirectory names its folder.", error.Message);
        Assert.True(File.Exists(Journal));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("other tables")]
    [InlineData("cut in half")]
    [InlineData("a page overwritten")]
    public void Open_NoJournalThatIsToBeSetAside_IsRenamedAndANewOneBegun(string what)
    {
        Break(what);
        var bytes = File.ReadAllBytes(Journal);

        var aside = Open(setAside: true);

        Assert.Equal(Journal + ".broken-20300102-030405", aside);
        Assert.Equal(bytes, File.ReadAllBytes(aside!));
        Assert.Equal(0L, Rows());
        Assert.Null(Open(setAside: false));
    }

    [Fact]
    public void Open_ARecordThatCannotBeReadAndThatAllRequestsNeed_SaysWhichAndWhatToDo()
    {
        foreach (var type in (string[])["plan", "statistics"])
        {
            Open();
            Store(type, [0, 1, 2, 3]);

            var error = Assert.Throws<ConfigurationException>(() => Open(setAside: false));

            Assert.StartsWith($"The journal '{Journal}' is damaged, or no journal of E2LLM: SQLite Error 1: 'the {type} record of m cannot be read", error.Message);
            Assert.NotNull(Open(setAside: true));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Open_ARecordOfOneRequestThatCannotBeRead_IsOpened()
    {
        Open();
        Store("request", [0, 1, 2, 3]);

        Assert.Null(Open(setAside: false));
    }

    [Fact]
    public void Open_FolderInItsPlace_SaysThatItCannotBeOpened()
    {
        Directory.CreateDirectory(Journal);

        var error = Assert.Throws<ConfigurationException>(() => Open(setAside: true));

        Assert.StartsWith($"The journal '{Journal}' cannot be opened: It is a folder. ", error.Message);
        Assert.Contains("E2LLM:Silo:DataDirectory", error.Message);
    }

    [Fact]
    public void Open_NewJournal_IsReadByItsOwnerAloneAndSoAreTheFilesBesideIt()
    {
        if (OperatingSystem.IsWindows())
            return;

        Open();
        Fill(rows: 1);

        using var connection = new SqliteConnection(JournalSchema.ConnectionString(Journal));
        connection.Open(); // keeps the files beside it in being
        Assert.Equal(0, Count(connection, "SELECT count(*) FROM GrainState WHERE KeyText = 'none';"));
        Assert.Equal(["journal.db", "journal.db-shm", "journal.db-wal"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
        foreach (var file in Directory.GetFiles(_folder.Path))
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Open_JournalOfAnEarlierVersionThatAllMayRead_IsMadePrivate()
    {
        if (OperatingSystem.IsWindows())
            return;
        Open();
        File.SetUnixFileMode(Journal, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        Open();

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Journal));
    }

    private string? Open(bool setAside = false) =>
        JournalFile.Open(new HostOptions { DataDirectory = _folder.Path, SetBrokenJournalAside = setAside }, _time);

    private void Break(string what)
    {
        if (what == "text")
        {
            _folder.Write("journal.db", string.Concat(Enumerable.Repeat("This is no database. ", 500)));
            return;
        }

        if (what == "other tables")
        {
            Execute("CREATE TABLE GrainState (Id INTEGER PRIMARY KEY);");
        }
        else
        {
            Open();
            Fill(rows: 200);
        }

        Execute("PRAGMA wal_checkpoint(TRUNCATE);");
        SqliteConnection.ClearAllPools();
        using var file = new FileStream(Journal, FileMode.Open);
        if (what == "cut in half")
            file.SetLength(file.Length / 2 / 4096 * 4096);
        if (what != "a page overwritten")
            return;
        for (file.Position = 4096 * 3; file.Position < file.Length - 4096;)
            file.Write([0xA5, 0x5A, 0xFF, 0x01]);
    }

    private void Fill(int rows)
    {
        for (var row = 0; row < rows; row++)
            Execute($"INSERT INTO GrainState VALUES ('e2llm', 'request', 0, 0, 'r{row}', 1, randomblob(1000), 0);");
    }

    private void Execute(string text)
    {
        using var connection = new SqliteConnection(JournalSchema.ConnectionString(Journal));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private long Rows()
    {
        using var connection = new SqliteConnection(JournalSchema.ConnectionString(Journal));
        connection.Open();
        return Count(connection, "SELECT count(*) FROM GrainState;");
    }

    private static long Count(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return (long)command.ExecuteScalar()!;
    }

    private void Store(string type, byte[] payload)
    {
        using var connection = new SqliteConnection(JournalSchema.ConnectionString(Journal));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            INSERT INTO GrainState (ServiceId, GrainType, KeyHigh, KeyLow, KeyText, Version, Payload) VALUES ('e2llm', $type, 0, 0, 'm', 1, $payload);
            """;
        command.Parameters.AddWithValue("$type", type);
        command.Parameters.AddWithValue("$payload", payload);
        command.ExecuteNonQuery();
    }
}
