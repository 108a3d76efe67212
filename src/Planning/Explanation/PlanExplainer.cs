using E2LLM.Core.Plans;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Explanation;

/// <summary>Explains a plan to people.</summary>
public static class PlanExplainer
{
    /// <param name="request">The request that the plan answers.</param>
    /// <param name="plan">Any planner's plan.</param>
    public static PlanExplanation Explain(PlanRequest request, ServingPlan plan) => new()
    {
        Planner = plan.Planner,
        ModelId = plan.ModelId,
        Replicas = [.. plan.Replicas.Select(replica => Explain(request, replica))],
        Unused = plan.Unused,
        Prediction = plan.Prediction,
        Certificates = plan.Certificates,
        Findings = [.. Findings(request, plan)],
    };

    /// <summary>"within 1.2 % of the optimum (proved)" with the objective's name and how it was proved.</summary>
    public static string Describe(PlanCertificate certificate) => FormattableString.Invariant(
        $"{certificate.Objective.ToString().ToLowerInvariant()} within {certificate.GapPercent:0.##} % of the optimum (proved: {certificate.Method})");

    private static ReplicaExplanation Explain(PlanRequest request, ReplicaPlan replica)
    {
        var period = replica.PeriodSeconds;
        var slowest = replica.Stages.MaxBy(stage => stage.PeriodSeconds)!;
        return new ReplicaExplanation
        {
            Id = replica.Id,
            Role = replica.Role,
            PeriodSeconds = period,
            RequestsPerSecond = replica.RequestsPerSecond,
            PrefillLatencySeconds = replica.PrefillLatencySeconds,
            TokenSeconds = replica.TokenSeconds,
            DecodeConcurrency = replica.DecodeConcurrency,
            Stages = [.. replica.Stages.Select(stage => Explain(request, stage, period))],
            Limit = FormattableString.Invariant(
                $"the slowest stage is {slowest.DeviceId}: {(slowest.HopSeconds > slowest.DecodeSeconds ? "its link" : "its compute")} takes {1e3 * slowest.PeriodSeconds:G3} ms of a token"),
        };
    }

    private static StageExplanation Explain(PlanRequest request, StagePlan stage, double period)
    {
        var device = Enumerable.Range(0, request.Fleet.Devices.Length).First(index => request.Fleet.Devices[index].Id == stage.DeviceId);
        return new StageExplanation
        {
            DeviceId = stage.DeviceId,
            FirstLayer = stage.FirstLayer,
            LayerCount = stage.LayerCount,
            DecodeSeconds = stage.DecodeSeconds,
            PrefillSeconds = stage.PrefillSeconds,
            HopSeconds = stage.HopSeconds,
            WeightBytes = stage.WeightBytes,
            KvBytes = stage.KvBytes,
            ScratchBytes = stage.ScratchBytes,
            MemoryBytes = MemoryCheck.UsableBytes(request, device),
            BusyShare = stage.PeriodSeconds / period,
        };
    }

    private static IEnumerable<string> Findings(PlanRequest request, ServingPlan plan)
    {
        if (plan.Prediction is { } prediction)
        {
            yield return FormattableString.Invariant(
                $"{prediction.BindingResource} limits the plan: {prediction.CapacityRequestsPerSecond:G4} requests/s can be sustained");
            if (request.Workload is { } workload && workload.RequestsPerSecond > prediction.CapacityRequestsPerSecond)
                yield return FormattableString.Invariant(
                    $"overload: {workload.RequestsPerSecond:G4} requests/s arrive, so the queue grows; waits are means over {workload.HorizonRequests} requests");
        }
        foreach (var certificate in plan.Certificates)
            yield return Describe(certificate);
    }
}
