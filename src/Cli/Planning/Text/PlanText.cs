using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;
using E2LLM.Simulation.Judging;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace E2LLM.Cli.Planning.Text;

/// <summary>The plans as a person reads them on a terminal.</summary>
internal static class PlanText
{
    /// <summary>Tables stay within this, also where the terminal is wider.</summary>
    public const int MaxColumns = 120;

    private const int MaxExplainedReplicas = 12;

    public static IRenderable Create(PlanInput input, IReadOnlyList<PlannedOutcome> outcomes, PlanComparison? comparison)
    {
        var rows = new List<IRenderable> { new Spectre.Console.Text(PlanSentences.Request(input)), new Spectre.Console.Text($"Figures are {input.Source}.") };
        rows.AddRange(PlanSentences.Notes(input.Request).Select(note => new Spectre.Console.Text($"Note: {note}.")));
        if (outcomes.Count > 1)
            rows.AddRange([ComparisonTable.Create(outcomes), new Spectre.Console.Text(PlannerRows.Caption(outcomes))]);
        else
            rows.AddRange(Single(input, outcomes[0].Plan!, outcomes[0].Explanation!, outcomes[0].Simulated!));
        if (comparison is not null)
            rows.AddRange(DiffTable.Create(comparison));
        return new Rows(rows);
    }

    private static IEnumerable<IRenderable> Single(PlanInput input, ServingPlan plan, PlanExplanation explanation, TrialFigures simulated)
    {
        yield return ReplicaTable.Create(plan, explanation);
        yield return new Spectre.Console.Text(ReplicaTable.Caption);
        // With many replicas the marks in the table have to do.
        if (plan.Replicas.Length <= MaxExplainedReplicas)
            foreach (var binding in PlanSentences.Bindings(explanation))
                yield return new Spectre.Console.Text($"{binding}.");
        foreach (var reason in plan.Reasons)
            yield return new Spectre.Console.Text($"{PlanSentences.Sentence(reason)}.");
        if (PlanExplainer.UnlikeRuntimes(input.Request, plan) is { } unlike)
            yield return new Spectre.Console.Text($"Note: {unlike}.");
        foreach (var note in PlanExplainer.OtherKvTypes(input.Request, plan))
            yield return new Spectre.Console.Text($"Note: {note}.");
        if (PlanSentences.Idle(plan) is { } idle)
            yield return new Spectre.Console.Text($"{idle}.");
        if (plan.Prediction is { } prediction)
        {
            var table = new Table().Title("Predicted").RoundedBorder().HideHeaders();
            table.AddColumns("figure", "value", "note");
            table.Columns[1].RightAligned().NoWrap();
            foreach (var (name, value, note) in PlanSentences.Prediction(prediction, input.Request.Workload!, input.Request.Targets))
                table.AddRow(Markup.Escape(name), Markup.Escape(value), Markup.Escape(note));
            yield return table;
        }
        yield return new Spectre.Console.Text($"{PlanSentences.Simulated(simulated, plan.Prediction)}.");
        foreach (var certificate in plan.Certificates)
            yield return new Spectre.Console.Text($"Certificate: {PlanSentences.Certificate(certificate)}.");
        foreach (var leftOut in PlanSentences.LeftOut(plan))
            yield return new Spectre.Console.Text($"{leftOut}.");
    }
}
