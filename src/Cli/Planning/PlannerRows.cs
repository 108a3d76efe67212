using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning;

/// <summary>The figures by which planners are compared, for a terminal and for a page.</summary>
internal static class PlannerRows
{
    public const string Caption = "wait: mean; service: a whole request without any wait; gap: of the capacity, to its proved bound.";

    public static readonly string[] Columns = ["replicas", "devices", "wait", "P90 wait", "TTFT", "TPOT", "service", "capacity", "gap"];

    /// <summary>One cell a column; a planner without a plan says why in the first.</summary>
    public static string[] Of(PlannedOutcome outcome)
    {
        if (outcome.Plan is not { } plan)
            return [outcome.Refusal ?? "", .. Columns.Skip(1).Select(_ => "-")];
        var prediction = plan.Prediction;
        return
        [
            Replicas(plan),
            $"{plan.Replicas.Sum(replica => replica.Stages.Length)}",
            Figures.Seconds(prediction?.MeanWaitSeconds),
            Figures.Seconds(prediction?.P90WaitSeconds),
            Figures.Seconds(prediction?.TtftSeconds),
            Figures.Seconds(prediction?.TpotSeconds),
            Figures.Seconds(prediction?.ServiceSeconds),
            Figures.Rate(prediction?.CapacityRequestsPerSecond),
            Figures.Percent(plan.Certificates.FirstOrDefault(certificate => certificate.Objective == PlanObjective.Capacity)?.GapPercent),
        ];
    }

    private static string Replicas(ServingPlan plan) => string.Join(" + ", plan.Replicas
        .GroupBy(replica => replica.Role)
        .Select(role => $"{role.Count()} {RoleNames.Of(role.Key)}"));
}
