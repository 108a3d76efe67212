using System.Xml.Linq;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Page;

/// <summary>A page that holds all of a plan. No scripts, nothing from elsewhere; the XML writer escapes all texts.</summary>
internal static class PlanPage
{
    private const string Css = """
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1b1f24; background: #ffffff; max-width: 1400px; margin: 2rem auto; padding: 0 1.5rem; }
        h1 { font-size: 1.5rem; margin-bottom: 0.25rem; }
        h2 { font-size: 1.2rem; margin-top: 2.25rem; border-bottom: 1px solid #d0d7de; padding-bottom: 0.25rem; }
        h3 { font-size: 1rem; margin-bottom: 0.25rem; }
        p { margin: 0.3rem 0; }
        .quiet { color: #57606a; }
        .proof { border-left: 4px solid #57606a; padding-left: 0.75rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; margin: 0.75rem 0; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.3rem 0.75rem; text-align: right; border-bottom: 1px solid #d8dee4; }
        th { font-weight: 600; background: #f3f4f6; }
        th.text, td.text { text-align: left; }
        th:first-child, td:first-child { position: sticky; left: 0; }
        td:first-child { background: #ffffff; }
        tr.slowest td { font-weight: 600; background: #fff8e1; }
        svg { max-width: 100%; height: auto; }
        .note { border-left: 4px solid #bf8700; padding-left: 0.75rem; }
        .narrow { display: none; }
        @media (max-width: 760px) {
          body { margin: 1rem auto; padding: 0 0.75rem; }
          th, td { padding: 0.3rem 0.5rem; }
          .wide { display: none; }
          .narrow { display: block; }
          .narrow svg { width: 100%; max-width: 480px; }
        }
        """;

    public static string Write(PlanInput input, IReadOnlyList<PlannedOutcome> outcomes, PlanComparison? comparison)
    {
        var request = input.Request;
        var title = $"{request.Model.Id} on {request.Fleet.Name}";
        var body = new XElement(
            "body", new XElement("h1", Pen.Clean(title)), Paragraph(PlanSentences.Request(input), "quiet"), Paragraph($"Figures are {input.Source}.", "quiet"));
        body.Add(PlanSentences.Notes(request).Select(note => Paragraph($"Note: {note}.", "note")));
        if (outcomes.Count > 1)
            body.Add(
                new XElement("h2", "Planners side by side"),
                Paragraph(PlannerRows.Caption(outcomes), "quiet"),
                PageTable.Create(["planner", .. PlannerRows.Columns], column => column < 2, outcomes.Zip(PlannerRows.Of(outcomes), (outcome, cells) => (string[])[outcome.Planner, .. cells])));
        foreach (var outcome in outcomes)
            if (outcome is { Plan: { } plan, Explanation: { } explanation, Simulated: { } simulated })
                body.Add(Section(input, plan, explanation), Paragraph($"{PlanSentences.Simulated(simulated, plan.Prediction)}.", "quiet"));
        if (comparison is not null)
            body.Add(Change(comparison));
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("meta", new XAttribute("http-equiv", "Content-Security-Policy"), new XAttribute("content", "default-src 'none'; style-src 'unsafe-inline'")),
                new XElement("title", Pen.Clean($"Plan: {title}")),
                new XElement("style", Css)),
            body);
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static IEnumerable<XElement> Section(PlanInput input, ServingPlan plan, PlanExplanation explanation)
    {
        yield return new XElement("h2", $"Plan by {plan.Planner}");
        foreach (var certificate in plan.Certificates)
            yield return Paragraph($"{PlanSentences.Certificate(certificate)}.", "proof");
        // A telephone shows the wide one too small to read.
        yield return new XElement("div", new XAttribute("class", "wide"), FleetPicture.Draw(input.Request, plan, explanation));
        yield return new XElement("div", new XAttribute("class", "narrow"), FleetPicture.Draw(input.Request, plan, explanation, FleetPicture.NarrowWidth));
        if (plan.Prediction is { } prediction)
        {
            yield return new XElement("h3", "Predicted");
            yield return PageTable.Create(
                ["figure", "value", "note"], column => column != 1,
                PlanSentences.Prediction(prediction, input.Request.Workload!, input.Request.Targets).Select(figure => (string[])[figure.Name, figure.Value, figure.Note]));
        }
        if (PlanExplainer.UnlikeRuntimes(input.Request, plan) is { } unlike)
            yield return Paragraph($"Note: {unlike}.", "note");
        foreach (var note in PlanExplainer.OtherKvTypes(input.Request, plan))
            yield return Paragraph($"Note: {note}.", "note");
        if (PlanSentences.Idle(plan) is { } idle)
            yield return Paragraph($"{idle}.", "");
        foreach (var (replica, explained) in plan.Replicas.Zip(explanation.Replicas))
        {
            yield return new XElement("h3", $"{replica.Id} {RoleNames.Of(replica.Role)}, {Figures.Rate(replica.RequestsPerSecond)}");
            yield return Paragraph($"{explained.Limit}.", "quiet");
            yield return PageTable.Create(
                ["device", "layers", "weights", "KV cache", "scratch", "memory in use", "compute", "hop", "KV transfer", "longest"], column => column == 0,
                explained.Stages.Select(Cells), row => explained.Stages[row].BusyShare == 1);
        }
        if (plan.Reasons.Length > 0)
        {
            yield return new XElement("h3", "Why this plan");
            foreach (var reason in plan.Reasons)
                yield return Paragraph($"{PlanSentences.Sentence(reason)}.", "");
        }
        if (plan.Unused.Length > 0)
        {
            yield return new XElement("h3", "Left out");
            foreach (var leftOut in PlanSentences.LeftOut(plan))
                yield return Paragraph($"{leftOut}.", "");
        }
    }

    private static string[] Cells(StageExplanation stage) =>
    [
        stage.DeviceId,
        Figures.Layers(stage.FirstLayer, stage.LayerCount),
        Figures.Bytes(stage.WeightBytes),
        Figures.Bytes(stage.KvBytes),
        Figures.Bytes(stage.ScratchBytes),
        $"{100 * stage.MemoryShare:0} % of {Figures.Bytes(stage.MemoryBytes)}",
        Figures.Seconds(stage.RequestComputeSeconds),
        Figures.Seconds(stage.RequestHopSeconds),
        Figures.Seconds(stage.RequestKvSeconds),
        Figures.Seconds(stage.RequestSeconds),
    ];

    private static IEnumerable<XElement> Change(PlanComparison comparison)
    {
        yield return new XElement("h2", Pen.Clean($"Change from the older plan by {comparison.Before.Planner}"));
        foreach (var sentence in DiffRows.Sentences(comparison))
            yield return Paragraph(sentence, "");
        if (comparison.Difference.Moves.Length > 0)
            yield return PageTable.Create(DiffRows.Columns, column => column < 3, comparison.Difference.Moves.Select(DiffRows.Of));
    }

    private static XElement Paragraph(string text, string style) => new("p", new XAttribute("class", style), Pen.Clean(text));
}
