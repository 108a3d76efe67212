using System.Globalization;
using E2LLM.Core.Errors;
using HostOptions = E2LLM.Silo.Hosting.HostOptions;

namespace E2LLM.Silo.Storage;

/// <summary>
/// A silo's folder, for this silo and this user alone: prompts lie in it. Two silos in one folder would overwrite each other's records
/// without a word, so the first one holds a lock until it ends, however it ends.
/// </summary>
/// <remarks>
/// The lock is the operating system's, on a file that stays; what else lies there says who holds it, for people. A folder that holds
/// more than a silo's own files is somebody's for other ends: its mode is left alone, and that of the files is what protects them.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private const string LockName = "silo.lock";
    private const string HolderName = "silo.holder";
    private const string Key = $"{HostOptions.Section}:{nameof(HostOptions.DataDirectory)}";

    private readonly FileStream _lock;

    private DataDirectory(FileStream held) => _lock = held;

    /// <summary>Makes the folder where it is missing, and takes it.</summary>
    /// <exception cref="ConfigurationException">It cannot be made or written to, or another silo has it; says which.</exception>
    public static DataDirectory Take(HostOptions options, TimeProvider time)
    {
        var path = options.DataDirectory;
        try
        {
            MakePrivate(path);
            var taken = new DataDirectory(Lock(options));
            WriteOwn(Path.Combine(path, HolderName), string.Create(
                CultureInfo.InvariantCulture,
                $"silo '{options.Name}', process {Environment.ProcessId} on host '{Environment.MachineName}', since {time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC"));
            return taken;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ConfigurationException($"{Key} is '{path}'; it must be a folder that this user may write to: {error.Message}", error);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(HostOptions options)
    {
        var path = Path.Combine(options.DataDirectory, LockName);
        try
        {
            return OpenOwn(path, FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException error) when (IsHeldByAnother(error))
        {
            throw new ConfigurationException(
                $"{Key} is '{options.DataDirectory}'; it is in use by {Holder(options.DataDirectory)}. Stop that one, or give this silo a folder of its own.");
        }
    }

    /// <summary>The operating system's word for it: EWOULDBLOCK on Linux and macOS, a sharing violation on Windows.</summary>
    private static bool IsHeldByAnother(IOException error) => (error.HResult & 0xFFFF) is 11 or 35 or 32;

    private static string Holder(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, HolderName));
        }
        catch (IOException)
        {
            return "another silo"; // which has not said yet who it is
        }
    }

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        if (!Directory.Exists(path))
            Directory.CreateDirectory(path, OwnerFolder);
        else if (Directory.EnumerateFileSystemEntries(path).All(entry => IsOurs(Path.GetFileName(entry))))
            File.SetUnixFileMode(path, OwnerFolder);
    }

    private static bool IsOurs(string name) =>
        name is LockName or HolderName or "slices" or "weights" || name.StartsWith(JournalFile.Name, StringComparison.Ordinal);

    private static void WriteOwn(string path, string text)
    {
        using var file = OpenOwn(path, FileMode.Create, FileShare.Read);
        using var writer = new StreamWriter(file);
        writer.Write(text);
    }

    private static FileStream OpenOwn(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return new FileStream(path, options);
    }
}
