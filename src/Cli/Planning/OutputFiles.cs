using E2LLM.Core.Errors;

namespace E2LLM.Cli.Planning;

/// <summary>The files that the command writes.</summary>
internal static class OutputFiles
{
    /// <summary>Refuses at once what could not be written after a long search. Leaves no file behind, and one that is there as it is.</summary>
    /// <exception cref="ConfigurationException">A path is no file that can be written: names its option.</exception>
    public static void Check(PlanSettings settings)
    {
        Check("--svg", settings.SvgPath);
        Check("--html", settings.HtmlPath);
        if (settings is { SvgPath: { } svg, HtmlPath: { } html } && Path.GetFullPath(svg) == Path.GetFullPath(html))
            throw new ConfigurationException($"--svg and --html are both '{html}', must be two files.");
    }

    /// <exception cref="ConfigurationException">The file cannot be written any more: names its option.</exception>
    public static async Task WriteAsync(string option, string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, text, cancellationToken);
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
