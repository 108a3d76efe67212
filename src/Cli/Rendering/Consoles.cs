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

    /// <summary>Standard output, or what stands in for it.</summary>
    /// <param name="output">Where the tables go.</param>
    /// <param name="maxColumns">Their width into a file or pipe, and on a wider terminal.</param>
    public static IAnsiConsole Create(TextWriter output, int maxColumns)
    {
        var isConsole = ReferenceEquals(output, Console.Out);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isConsole ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isConsole || Console.IsOutputRedirected || console.Profile.Width > maxColumns)
            console.Profile.Width = maxColumns;
        return console;
    }
}
