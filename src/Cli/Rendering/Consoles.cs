using Spectre.Console;

namespace E2LLM.Cli.Rendering;

/// <summary>Where the tables go.</summary>
internal static class Consoles
{
    private const int RedirectedColumns = 160;

    /// <summary>Standard output; into a file or pipe with a fixed width, so that tables do not wrap at the library's 80.</summary>
    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
            console.Profile.Width = RedirectedColumns;
        return console;
    }
}
