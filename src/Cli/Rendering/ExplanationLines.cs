using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Rendering;

/// <summary>Why a plan is as it is, a sentence a line.</summary>
internal static class ExplanationLines
{
    public static IRenderable Create(IEnumerable<string> sentences) =>
        new Rows(sentences.Select(sentence => new Markup($"[dim]-[/] {Markup.Escape(sentence)}")));
}
