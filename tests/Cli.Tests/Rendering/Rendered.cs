using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Tests.Rendering;

/// <summary>What a table looks like in a file.</summary>
internal static class Rendered
{
    public static string[] Lines(IRenderable renderable)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        console.Write(renderable);
        return text.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
