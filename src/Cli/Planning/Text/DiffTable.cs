using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Planning.Text;

/// <summary>What the change from an older plan takes and brings.</summary>
internal static class DiffTable
{
    public static IEnumerable<IRenderable> Create(PlanComparison comparison)
    {
        if (comparison.Difference.Moves.Length > 0)
        {
            var table = new Table().Title($"Change from the older plan by {Markup.Escape(comparison.Before.Planner)}").RoundedBorder();
            table.AddColumns(DiffRows.Columns);
            foreach (var column in table.Columns.Skip(3))
                column.RightAligned().NoWrap();
            foreach (var move in comparison.Difference.Moves)
                table.AddRow([.. DiffRows.Of(move).Select(cell => Markup.Escape(cell))]);
            yield return table;
        }
        foreach (var sentence in DiffRows.Sentences(comparison))
            yield return new Spectre.Console.Text(sentence);
    }
}
