using E2LLM.Core.Errors;

namespace E2LLM.Cli.Planning;

/// <summary>The files that the command writes.</summary>
internal static class OutputFiles
{
    /// <summary>Refuses at once what could not be written after a long search. Leaves no file behind, and one that is there as it is.</summary>
    /// <exception cref="ConfigurationException">A path is no file that can be written: names its option.</exception>
    /// <param name="files">Each with its option; null is none.</param>
    public static void Check(params ReadOnlySpan<(string Option, string? Path)> files)
    {
        Dictionary<string, string> taken = [];
        foreach (var (option, path) in files)
        {
            Check(option, path);
            if (path is not null && !taken.TryAdd(Path.GetFullPath(path), option))
                throw new ConfigurationException($"{taken[Path.GetFullPath(path)]} and {option} are both '{path}', must be two files.");
        }
    }

    /// <summary>The folder is made where it is missing, in one that is there.</summary>
    /// <exception cref="ConfigurationException">The path is no folder in which files can be written: names its option.</exception>
    public static void CheckFolder(string option, string path)
    {
        if (path.Length == 0 || File.Exists(path) || !Directory.Exists(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))))
            throw new ConfigurationException($"{option} is '{path}', must be a folder, or a new one in a folder that exists.");
        var isNew = !Directory.Exists(path);
        try
        {
            Directory.CreateDirectory(path);
            using (new FileStream(Path.Combine(path, ".e2llm"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose))
            {
            }
            if (isNew)
                Directory.Delete(path);
        }
        catch (Exception error) when (IsOfTheFile(error))
        {
            throw Unwritable(option, path, error);
        }
    }

    /// <exception cref="ConfigurationException">The file cannot be written any more: names its option.</exception>
    public static Task WriteAsync(string option, string path, string text, CancellationToken cancellationToken) =>
        WriteAsync(option, path, () => File.WriteAllTextAsync(path, text, cancellationToken));

    /// <param name="option">Whose file it is.</param>
    /// <param name="path">For messages.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="ConfigurationException">It cannot be written any more: names its option.</exception>
    public static async Task WriteAsync(string option, string path, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception error) when (IsOfTheFile(error))
        {
            throw Unwritable(option, path, error);
        }
    }

    private static void Check(string option, string? path)
    {
        if (path is null)
            return;
        if (path.Length == 0 || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new ConfigurationException($"{option} is '{path}', must be a file in a folder that exists.");
        if (Directory.Exists(path))
            throw new ConfigurationException($"{option} is '{path}', a folder; must be a file.");
        try
        {
            using var file = File.Exists(path)
                ? new FileStream(path, FileMode.Open, FileAccess.Write)
                : new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (IsOfTheFile(error))
        {
            throw Unwritable(option, path, error);
        }
    }

    private static bool IsOfTheFile(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static ConfigurationException Unwritable(string option, string path, Exception error) => new($"{option} '{path}' cannot be written: {error.Message}", error);
}
