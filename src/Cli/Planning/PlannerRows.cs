using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning;

/// <summary>The figures by which planners are compared, for a terminal and for a page.</summary>
internal static class PlannerRows
{
    private const string Worst = "▲ ";

    public static readonly string[] Columns = ["replicas", "devices", "wait", "TTFT", "TPOT", "end to end", "predicted", "capacity", "gap"];

    public static string Caption(IReadOnlyList<PlannedOutcome> outcomes) => outcomes.FirstOrDefault(outcome => outcome.Simulated is not null)?.Simulated is { } simulated
        ? $"P: PREFILL, D: DECODER, M: MIXED; wait to end to end: simulated, means of {simulated.Runs} runs of {simulated.Requests} requests, the worst of each marked {Worst.Trim()}; predicted: end to end, by the cost model; gap: of the capacity, to its proved bound."
        : "";

    /// <summary>One row an outcome, one cell a column; a planner without a plan says why in the first.</summary>
    public static IEnumerable<string[]> Of(IReadOnlyList<PlannedOutcome> outcomes)
    {
        var simulated = outcomes.Where(outcome => outcome.Simulated is not null).Select(outcome => outcome.Simulated!).ToArray();
        foreach (var outcome in outcomes)
        {
            if (outcome is not { Plan: { } plan, Simulated: { } figures })
            {
                yield return [outcome.Refusal ?? "", .. Columns.Skip(1).Select(_ => "-")];
                continue;
            }
            var prediction = plan.Prediction;
            yield return
            [
                Replicas(plan),
                $"{plan.Replicas.Sum(replica => replica.Stages.Length)}",
                Cell(of => of.WaitSeconds),
                Cell(of => of.TtftSeconds),
                Cell(of => of.TpotSeconds),
                Cell(of => of.EndToEndSeconds),
                Figures.Seconds(prediction?.MeanWaitSeconds + prediction?.ServiceSeconds),
                Figures.Rate(prediction?.CapacityRequestsPerSecond),
                Figures.Percent(plan.Certificates.FirstOrDefault(certificate => certificate.Objective == PlanObjective.Capacity)?.GapPercent),
            ];

            string Cell(Func<Simulation.Judging.TrialFigures, double> of) =>
                (simulated.Length > 1 && of(figures) == simulated.Max(of) && simulated.Min(of) < simulated.Max(of) ? Worst : "") + Figures.Seconds(of(figures));
        }
    }

    // One letter a role: there are ten columns.
    private static string Replicas(ServingPlan plan) => string.Join("+", plan.Replicas
        .GroupBy(replica => replica.Role)
        .Select(role => $"{role.Count()}{RoleNames.Of(role.Key)[0]}"));
}
