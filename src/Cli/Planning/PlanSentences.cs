using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Explanation;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Simulation.Judging;

namespace E2LLM.Cli.Planning;

/// <summary>What a plan says of itself, in sentences; the same on a terminal and on a page.</summary>
internal static class PlanSentences
{
    public static string Request(PlanInput input)
    {
        var (request, workload) = (input.Request, input.Request.Workload!);
        return $"model {request.Model.Id} ({Figures.Count(request.Model.LayerCount, "layer")}) on fleet {request.Fleet.Name} ({Figures.Count(request.Fleet.Devices.Length, "device")}), "
            + $"workload {Workload(workload)}, objective {request.Objective.ToString().ToLowerInvariant()}, seed {request.Seed}";
    }

    /// <summary>What a reader may not expect of the request: links that cost nothing, cuts that cannot be.</summary>
    public static IEnumerable<string> Notes(PlanRequest request)
    {
        var fleet = request.Fleet;
        var count = fleet.Devices.Length;
        var unnamed = count * (count - 1) - fleet.Links.Length;
        if (double.IsPositiveInfinity(fleet.DefaultBandwidthBytesPerSecond) && unnamed > 0)
            yield return $"the fleet has no defaultLink, so {(fleet.Links.Length == 0 ? "its network" : $"the network between {unnamed} of {count * (count - 1)} ordered pairs of devices")} "
                + "is taken for infinitely fast: a defaultLink with a bandwidth gives figures that a network can keep";
        if (PlanExplainer.Cuts(request.Model) is { } cuts)
            yield return cuts;
        if (KvRules.ClosingWindowTokens(request.Model, request.Engine) is not null)
            yield return "KV caches of layers with a sliding window cannot be handed over: a silo plans MIXED replicas alone for this model, and PREFILL and DECODER replicas stand here for comparison";
    }

    private static string Workload(WorkloadSpec workload) =>
        $"{workload.Name} ({workload.MeanInputTokens:0} tokens in, {workload.MeanOutputTokens:0} out) at {workload.RequestsPerSecond:G3} requests/s";

    /// <summary>Name and value of everything that is predicted of the whole plan.</summary>
    public static IEnumerable<(string Name, string Value, string Note)> Prediction(PlanPrediction prediction, WorkloadSpec workload, ServiceTargets targets)
    {
        var load = 100 * workload.RequestsPerSecond / prediction.CapacityRequestsPerSecond;
        yield return ("mean wait", Figures.Seconds(prediction.MeanWaitSeconds), WaitParts(prediction));
        yield return ("P90 wait", Figures.Seconds(prediction.P90WaitSeconds), "");
        yield return ("TTFT", Figures.Seconds(prediction.TtftSeconds), "from arrival to the first token");
        yield return ("TPOT", Figures.Seconds(prediction.TpotSeconds), prediction.TpotSeconds > 0 ? $"{1 / prediction.TpotSeconds:0.#} tokens/s to each reader" : "");
        yield return ("service", Figures.Seconds(prediction.ServiceSeconds), "a whole request without any wait");
        yield return ("capacity", Figures.Rate(prediction.CapacityRequestsPerSecond),
            $"no schedule keeps up with more; limited by {prediction.BindingResource}; the workload takes {load:0} % of it");
        yield return ("sustained", Figures.Rate(prediction.SustainedRequestsPerSecond), "with pipelines that wait for themselves, and long answers in the KV cache"
            + (workload.RequestsPerSecond > prediction.SustainedRequestsPerSecond ? $"; more arrive, so that the queue grows: means are those of {workload.HorizonRequests} requests" : ""));
        yield return ("goodput", Figures.Rate(prediction.GoodputRequestsPerSecond),
            $"up to which {100 * targets.Share:0} % have TTFT {Figures.Seconds(targets.TtftSeconds)} and TPOT {Figures.Seconds(targets.TpotSeconds)}");
    }

    /// <summary>And whether to believe the formulas beside them.</summary>
    public static string Simulated(TrialFigures figures, PlanPrediction? prediction) => Simulated(figures)
        + (prediction is null || PredictionCheck.HoldsWait(prediction, figures)
            ? ""
            : $". The formulas do not know the waits at this load: they say {Figures.Seconds(prediction.MeanWaitSeconds)}, and the simulated ones count");

    private static string Simulated(TrialFigures figures) =>
        $"Simulated, means of {figures.Runs} runs of {figures.Requests} requests: wait {Figures.Seconds(figures.WaitSeconds)}, TTFT {Figures.Seconds(figures.TtftSeconds)}, "
        + $"TPOT {Figures.Seconds(figures.TpotSeconds)}, end to end {Figures.Seconds(figures.EndToEndSeconds)}";

    private static string WaitParts(PlanPrediction prediction)
    {
        (string Name, double Seconds)[] parts =
        [
            ("prefill", prediction.PrefillWaitSeconds), ("KV link", prediction.KvLinkWaitSeconds), ("decode", prediction.DecodeWaitSeconds),
        ];
        return string.Join(", ", parts.Where(part => part.Seconds > 0).Select(part => $"{part.Name} {Figures.Seconds(part.Seconds)}"));
    }

    public static string Certificate(PlanCertificate certificate)
    {
        var (name, unit) = certificate.Objective == PlanObjective.Capacity
            ? ("capacity", $"{certificate.Achieved:G4} of at most {certificate.Bound:G4} requests/s")
            : ("mean wait", $"{Figures.Seconds(certificate.Achieved)} of at least {Figures.Seconds(certificate.Bound)}");
        return $"{name} within {Figures.Percent(certificate.GapPercent)} of the optimum (proved under the cost model: {certificate.Method}): {unit}";
    }

    /// <summary>With a capital.</summary>
    public static string Sentence(string reason) => $"{char.ToUpperInvariant(reason[0])}{reason[1..]}";

    /// <summary>Devices that are left out, alike ones together.</summary>
    public static IEnumerable<string> LeftOut(ServingPlan plan)
    {
        const int maxNames = 6;
        foreach (var group in plan.Unused.GroupBy(unused => unused.Reason))
        {
            string[] names = [.. group.Select(unused => unused.DeviceId)];
            var more = names.Length > maxNames ? $" and {names.Length - maxNames} more" : "";
            yield return $"{string.Join(", ", names.Take(maxNames))}{more} left out: {group.Key}";
        }
    }

    /// <summary>Replicas that no request can come to: PREFILL without DECODER, or the other way round; null where there are none.</summary>
    public static string? Idle(ServingPlan plan)
    {
        var (prefill, decode) = (
            plan.Replicas.Count(replica => replica.Role == ReplicaRole.Prefill), plan.Replicas.Count(replica => replica.Role == ReplicaRole.Decoder));
        return (prefill, decode) switch
        {
            ( > 0, 0) => $"The plan has {prefill} PREFILL and no DECODER: no request can come to {(prefill == 1 ? "it" : "them")}",
            (0, > 0) => $"The plan has {decode} DECODER and no PREFILL: no request can come to {(decode == 1 ? "it" : "them")}",
            _ => null,
        };
    }

    /// <summary>What limits each replica.</summary>
    public static IEnumerable<string> Bindings(PlanExplanation explanation) => explanation.Replicas.Select(replica =>
        $"{replica.Id} {RoleNames.Of(replica.Role)}: {replica.Limit}");
}
