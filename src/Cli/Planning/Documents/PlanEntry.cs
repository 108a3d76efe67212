using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
using E2LLM.Planning.Explanation;
using E2LLM.Simulation.Judging;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>One plan of a document.</summary>
internal sealed record PlanEntry
{
    public required string Planner { get; init; }

    public required IReadOnlyList<ReplicaEntry> Replicas { get; init; }

    /// <summary>What the plan was chosen for: of "auto" what it came to; null where its planner does not say.</summary>
    public required string? PlannedFor { get; init; }

    /// <summary>Why that was the objective, and where other roles would be better.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Null where the plan serves nothing, so that nothing can be predicted.</summary>
    public required PredictionEntry? Predicted { get; init; }

    public required SimulatedEntry Simulated { get; init; }

    /// <summary>That of the objective which the plan was made for, where something could be proved about it; else of the other one.</summary>
    public required CertificateEntry? Certificate { get; init; }

    public required IReadOnlyList<CertificateEntry> Certificates { get; init; }

    public required IReadOnlyList<LeftOutDevice> Unused { get; init; }

    public static PlanEntry Of(ServingPlan plan, PlanExplanation explanation, TrialFigures simulated)
    {
        return new PlanEntry
        {
            Planner = plan.Planner,
            Replicas = [.. plan.Replicas.Zip(explanation.Replicas, ReplicaEntry.Of)],
            PlannedFor = plan.Objective is { } objective ? PlanJson.NameOf(objective) : null,
            Reasons = plan.Reasons,
            Predicted = plan.Prediction is { } prediction ? PredictionEntry.Of(prediction) : null,
            Simulated = new SimulatedEntry(
                simulated.Runs,
                simulated.Requests,
                simulated.WaitSeconds,
                simulated.TtftSeconds,
                simulated.TpotSeconds,
                simulated.EndToEndSeconds,
                plan.Prediction is not { } predicted || PredictionCheck.HoldsWait(predicted, simulated)),
            Certificate = plan.Certificates is [var first, ..] ? CertificateEntry.Of(first) : null,
            Certificates = [.. plan.Certificates.Select(CertificateEntry.Of)],
            Unused = [.. plan.Unused.Select(unused => new LeftOutDevice(unused.DeviceId, unused.Reason))],
        };
    }
}

/// <summary>Means over the requests of a few simulations.</summary>
internal sealed record SimulatedEntry(int Runs, int Requests, double WaitSeconds, double TtftSeconds, double TpotSeconds, double EndToEndSeconds, bool PredictedWaitHolds);

/// <summary>A planner that found no plan, beside others that did.</summary>
internal sealed record FailedEntry(string Planner, string Error);

/// <summary>Figures that are not finite are null.</summary>
internal sealed record CertificateEntry(string Objective, double? GapPercent, string Method, double? Achieved, double? Bound)
{
    public static CertificateEntry Of(PlanCertificate certificate) => new(
        PlanJson.NameOf(certificate.Objective),
        PlanDocument.Finite(certificate.GapPercent),
        certificate.Method,
        PlanDocument.Finite(certificate.Achieved),
        PlanDocument.Finite(certificate.Bound));
}

/// <summary>Figures that are not finite are null.</summary>
internal sealed record PredictionEntry
{
    public required double? MeanWaitSeconds { get; init; }

    public required double? P90WaitSeconds { get; init; }

    public required double? TtftSeconds { get; init; }

    public required double? TpotSeconds { get; init; }

    public required double? CapacityRequestsPerSecond { get; init; }

    public required double? PrefillWaitSeconds { get; init; }

    public required double? KvLinkWaitSeconds { get; init; }

    public required double? DecodeWaitSeconds { get; init; }

    public required double? ServiceSeconds { get; init; }

    public required string BindingResource { get; init; }

    public double? SustainedRequestsPerSecond { get; init; }

    public double? GoodputRequestsPerSecond { get; init; }

    public double? P90TpotSeconds { get; init; }

    public static PredictionEntry Of(PlanPrediction prediction) => new()
    {
        MeanWaitSeconds = PlanDocument.Finite(prediction.MeanWaitSeconds),
        P90WaitSeconds = PlanDocument.Finite(prediction.P90WaitSeconds),
        TtftSeconds = PlanDocument.Finite(prediction.TtftSeconds),
        TpotSeconds = PlanDocument.Finite(prediction.TpotSeconds),
        CapacityRequestsPerSecond = PlanDocument.Finite(prediction.CapacityRequestsPerSecond),
        PrefillWaitSeconds = PlanDocument.Finite(prediction.PrefillWaitSeconds),
        KvLinkWaitSeconds = PlanDocument.Finite(prediction.KvLinkWaitSeconds),
        DecodeWaitSeconds = PlanDocument.Finite(prediction.DecodeWaitSeconds),
        ServiceSeconds = PlanDocument.Finite(prediction.ServiceSeconds),
        BindingResource = prediction.BindingResource,
        SustainedRequestsPerSecond = PlanDocument.Finite(prediction.SustainedRequestsPerSecond),
        GoodputRequestsPerSecond = PlanDocument.Finite(prediction.GoodputRequestsPerSecond),
        P90TpotSeconds = PlanDocument.Finite(prediction.P90TpotSeconds),
    };
}
