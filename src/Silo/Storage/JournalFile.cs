using System.Globalization;
using E2LLM.Core.Errors;
using Microsoft.Data.Sqlite;
using HostOptions = E2LLM.Silo.Hosting.HostOptions;

namespace E2LLM.Silo.Storage;

/// <summary>The journal's file in a silo's folder: its owner alone reads it, and one that is no journal says so at start.</summary>
internal static class JournalFile
{
    public const string Name = "journal.db";

    private const string Section = HostOptions.Section;

    /// <summary>SQLite's codes of a file that holds no journal: another schema or other records, damaged pages, no database at all.</summary>
    private const int OtherSchema = 1, Damaged = 11, NoDatabase = 26;

    private const int OtherRecords = OtherSchema;

    /// <summary>SQLite's own, beside the file.</summary>
    private static readonly string[] Companions = ["", "-wal", "-shm"];

    /// <param name="options">Name the silo's folder.</param>
    /// <param name="shared">Of the file that several silos share; empty where there is none.</param>
    public static string ConnectionString(HostOptions options, string shared) => JournalSchema.ConnectionString(PathIn(options, shared));

    /// <summary>The file that a connection string names.</summary>
    public static string PathOf(string connectionString) => Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    /// <summary>Opens the journal, or begins it, checks it and makes it private. One that is shared is never set aside: others may be using it.</summary>
    /// <param name="options">Name the silo's folder.</param>
    /// <param name="time">For the name of a journal that is set aside.</param>
    /// <param name="shared">Of the file that several silos share; empty where there is none.</param>
    /// <returns>What a broken journal was renamed to; null where there was none.</returns>
    /// <exception cref="ConfigurationException">It cannot be opened, or is broken and not to be set aside; says what to do.</exception>
    public static string? Open(HostOptions options, TimeProvider time, string shared = "")
    {
        var path = PathIn(options, shared);
        try
        {
            return TryOpen(path);
        }
        catch (SqliteException error) when (IsBroken(error) && options.SetBrokenJournalAside && shared.Length == 0)
        {
            SqliteConnection.ClearAllPools();
            var aside = SetAside(path, time);
            TryOpen(path);
            return aside;
        }
        catch (SqliteException error) when (IsBroken(error) && shared.Length > 0)
        {
            throw new ConfigurationException(
                $"The journal '{path}' is damaged, or no journal of E2LLM: {error.Message} Stop all silos that share it and move the file away. "
                + $"{StorageOptions.Section}:{nameof(StorageOptions.ConnectionString)} names it.",
                error);
        }
        catch (SqliteException error) when (IsBroken(error))
        {
            throw new ConfigurationException(
                $"The journal '{path}' is damaged, or no journal of E2LLM: {error.Message} Move the file away, or set {Section}:{nameof(HostOptions.SetBrokenJournalAside)} "
                + $"to true: it is renamed then, and a new journal begun. {Section}:{nameof(HostOptions.DataDirectory)} names its folder.",
                error);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                $"The journal '{path}' cannot be opened: {error.Message} {Section}:{nameof(HostOptions.DataDirectory)} must be a folder that this user may write to, and this file in it one, too.", error);
        }
    }

    private static string PathIn(HostOptions options, string shared) => shared.Length > 0 ? PathOf(shared) : Path.Combine(options.DataDirectory, Name);

    private static string? TryOpen(string path)
    {
        if (Directory.Exists(path))
            throw new IOException("It is a folder.");
        MakePrivate(path);
        var connectionString = JournalSchema.ConnectionString(path);
        JournalSchema.Apply(connectionString);
        if (SharedRecords.FindUnreadable(new JournalSource(connectionString)) is { } record)
            throw new SqliteException($"SQLite Error {OtherRecords}: '{record}'.", OtherRecords);
        return null;
    }

    /// <summary>Before SQLite opens it, which gives the files beside it the same mode.</summary>
    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        if (!File.Exists(path))
            new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = DataDirectory.OwnerFile }).Dispose();
        foreach (var file in Companions.Select(companion => path + companion).Where(File.Exists))
            File.SetUnixFileMode(file, DataDirectory.OwnerFile);
    }

    private static bool IsBroken(SqliteException error) => error.SqliteErrorCode is OtherSchema or Damaged or NoDatabase;

    private static string SetAside(string path, TimeProvider time)
    {
        var aside = string.Create(CultureInfo.InvariantCulture, $"{path}.broken-{time.GetUtcNow():yyyyMMdd-HHmmss}");
        foreach (var companion in Companions.Where(companion => File.Exists(path + companion)))
            File.Move(path + companion, aside + companion);
        return aside;
    }
}
