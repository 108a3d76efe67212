using System.Xml.Linq;
using E2LLM.Cli.Planning.Page;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Cli.Simulating.Plots;
using E2LLM.Simulation.Experiments;

namespace E2LLM.Cli.Simulating.Page;

/// <summary>A page that holds all of a report but the single requests.</summary>
internal static class SimulationPage
{
    public static string Write(SimulationReport report)
    {
        var request = report.Input.Request;
        var title = $"Simulation: {request.Model.Id} on {request.Fleet.Name}";
        var body = new XElement(
            "body",
            new XElement("h1", Pen.Clean(title)),
            Quiet(SimulationSentences.Request(report)),
            Quiet(SimulationSentences.Source(report)),
            Quiet(SimulationSentences.Runs(report)),
            Quiet(SimulationSentences.Policies(report)));
        body.Add(SimulationSentences.Notes(report).Select(note => PageFrame.Paragraph(note, "note")));
        if (report.HasSeveralRates)
        {
            body.Add(new XElement("h2", "By rate of arrival"));
            body.Add(ReportFigures.OverRates(report).SelectMany(Figure));
            body.Add(
                new XElement("h3", "Mean wait by requests/s"),
                PageTable.Create(["planner", .. report.Source.Rates.Select(SimulationSentences.Rate)], column => column == 0, SimulationRows.WaitsOf(report)));
        }
        foreach (var cells in report.ByRate)
            body.Add(AtRate([.. cells]));
        body.Add(new XElement("h2", "Timeline of one run"), Figure(ReportFigures.Timeline(report)));
        body.Add(Quiet("A bar is as high as the share of its seconds that the stage computed, and has the colour of what it computed most of them; --chrome-trace has every step."));
        body.Add(new XElement("h2", "What the words mean"), Quiet(SimulationSentences.Legend(report)));
        return PageFrame.Write(title, body);
    }

    private static IEnumerable<XElement> AtRate(ExperimentCell[] cells)
    {
        yield return new XElement("h2", $"{SimulationSentences.Rate(cells[0].RequestsPerSecond)} requests/s");
        if (SimulationSentences.Verdict(cells) is { } verdict)
            yield return PageFrame.Paragraph(verdict, "");
        yield return new XElement("h3", "Means");
        yield return PageTable.Create(SimulationRows.Means, column => column == 0, cells.Select(SimulationRows.MeansOf));
        yield return new XElement("h3", "50/90/99 % of the requests take no longer");
        yield return PageTable.Create(SimulationRows.Percentiles, column => column < 2, cells.Select(SimulationRows.PercentilesOf));
        foreach (var element in ReportFigures.AtRate(cells).SelectMany(Figure))
            yield return element;
        ExperimentCell[] planned = [.. cells.Where(cell => cell.Plan is not null)];
        if (planned.Length == 0)
            yield break;
        yield return new XElement("h3", "Share of the time that devices computed");
        yield return PageTable.Create(["device", .. planned.Select(cell => cell.Planner)], column => column == 0, SimulationRows.BusyOf(planned));
    }

    private static IEnumerable<XElement> Figure(ReportFigure figure) => [new XElement("h3", Pen.Clean(figure.Title)), .. figure.Svgs()];

    private static XElement Quiet(string text) => PageFrame.Paragraph(text, "quiet");
}
