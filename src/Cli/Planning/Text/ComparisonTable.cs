using Spectre.Console;

namespace E2LLM.Cli.Planning.Text;

/// <summary>Several planners side by side.</summary>
internal static class ComparisonTable
{
    public static Table Create(IReadOnlyList<PlannedOutcome> outcomes)
    {
        var table = new Table().Title("Planners side by side").RoundedBorder();
        table.AddColumns(["planner", .. PlannerRows.Columns]);
        foreach (var column in table.Columns.Skip(2))
            column.RightAligned().NoWrap();
        table.Columns[0].NoWrap();
        foreach (var (outcome, cells) in outcomes.Zip(PlannerRows.Of(outcomes)))
            table.AddRow([Markup.Escape(outcome.Planner), .. cells.Select(cell => Markup.Escape(cell))]);
        return table;
    }
}
