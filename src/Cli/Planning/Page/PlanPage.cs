using System.Xml.Linq;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Page;

/// <summary>A page that holds all of a plan. No scripts, nothing from elsewhere; the XML writer escapes all texts.</summary>
internal static class PlanPage
{
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
        return PageFrame.Write($"Plan: {title}", body);
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

    private static XElement Paragraph(string text, string style) => PageFrame.Paragraph(text, style);
}
