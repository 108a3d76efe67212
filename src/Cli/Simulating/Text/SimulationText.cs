using E2LLM.Simulation.Experiments;
using Spectre.Console;
using Spectre.Console.Rendering;
using Line = Spectre.Console.Text;

namespace E2LLM.Cli.Simulating.Text;

/// <summary>The report as a person reads it on a terminal.</summary>
internal static class SimulationText
{
    /// <summary>Planners and devices up to which the table of busy devices is readable; the page and the documents have all.</summary>
    private const int MaxBusyPlanners = 5;
    private const int MaxBusyDevices = 16;

    private const int MaxRateColumns = 7;

    public static IRenderable Create(SimulationReport report)
    {
        List<IRenderable> rows =
        [
            new Line(SimulationSentences.Request(report)),
            new Line(SimulationSentences.Source(report)),
            new Line(SimulationSentences.Runs(report)),
            new Line(SimulationSentences.Policies(report)),
        ];
        rows.AddRange(SimulationSentences.Notes(report).Select(note => new Line(note)));
        foreach (var rate in report.ByRate)
            rows.AddRange(Tables([.. rate], report.Experiment.FleetEvents.Count > 0));
        if (report.HasSeveralRates)
            foreach (var rates in report.Source.Rates.Chunk(MaxRateColumns))
                rows.Add(Table(
                    "Mean wait by requests/s", ["planner", .. rates.Select(SimulationSentences.Rate)], 1,
                    SimulationRows.WaitsOf(report with { Cells = [.. report.Cells.Where(cell => rates.Contains(cell.RequestsPerSecond))] })));
        rows.Add(new Line(SimulationSentences.Legend(report)));
        return new Rows(rows);
    }

    private static IEnumerable<IRenderable> Tables(ExperimentCell[] cells, bool hasChurn)
    {
        var at = $"{SimulationSentences.Rate(cells[0].RequestsPerSecond)} requests/s";
        yield return Table($"{at}: means", SimulationRows.Means, 1, cells.Select(SimulationRows.MeansOf));
        yield return Table($"{at}: 50/90/99 % of the requests take no longer", SimulationRows.Percentiles, 2, cells.Select(SimulationRows.PercentilesOf));
        if (hasChurn)
            yield return Table($"{at}: of devices that come, go and slow down", SimulationRows.Churn, 1, cells.Select(SimulationRows.ChurnOf));
        ExperimentCell[] planned = [.. cells.Where(cell => cell.Plan is not null)];
        if (planned.Length is > 0 and <= MaxBusyPlanners && cells[0].Request.Fleet.Devices.Length <= MaxBusyDevices)
            yield return Table($"{at}: devices computing", ["device", .. planned.Select(cell => cell.Planner)], 1, SimulationRows.BusyOf(planned));
        if (SimulationSentences.Verdict(cells) is { } verdict)
            yield return new Line(verdict);
    }

    private static Table Table(string title, string[] columns, int texts, IEnumerable<string[]> rows)
    {
        var table = new Table().Title(Markup.Escape(title)).RoundedBorder();
        table.AddColumns([.. columns.Select(column => Markup.Escape(column))]);
        foreach (var column in table.Columns)
            column.NoWrap();
        foreach (var column in table.Columns.Skip(texts))
            column.RightAligned();
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(cell))]);
        return table;
    }
}
