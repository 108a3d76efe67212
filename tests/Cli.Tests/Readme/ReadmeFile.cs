namespace E2LLM.Cli.Tests.Readme;

/// <summary>The commands that the README, and that of the benchmark, tell their readers to type.</summary>
public static class ReadmeFile
{
    /// <summary>Folder of the README.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every command of their sh blocks, split into words, in their order.</summary>
    public static IReadOnlyList<string[]> Commands { get; } = [.. CommandsOf("README.md"), .. CommandsOf("src/Cli/Bench/README.md")];

    /// <summary>The arguments of each call of the tool, without the dotnet run before them.</summary>
    public static IEnumerable<string[]> CliCommands => Commands
        .Where(words => words is ["dotnet", "run", ..] && words.Contains("src/Cli"))
        .Select(words => words[(Array.IndexOf(words, "--") + 1)..]);

    public static TheoryData<CurlCommand> CurlCommands =>
        [.. Commands.Where(words => words[0] == "curl").Select(words => CurlCommand.Parse(words[1..]))];

    /// <summary>Every command of a document's sh blocks, split into words, in their order.</summary>
    /// <param name="file">Its path below <see cref="Root"/>.</param>
    public static IEnumerable<string[]> CommandsOf(string file)
    {
        var isShell = false;
        var command = "";
        foreach (var line in File.ReadLines(Path.Combine(Root, file)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isShell = !isShell && line == "```sh";
                continue;
            }
            if (!isShell)
                continue;
            command += line.EndsWith('\\') ? line[..^1] : line;
            if (line.EndsWith('\\'))
                continue;
            if (ShellWords.Split(command) is { Length: > 0 } words)
                yield return words;
            command = "";
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds E2LLM.sln.");
    }
}
