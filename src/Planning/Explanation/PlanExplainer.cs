using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Explanation;

/// <summary>Explains a plan to people.</summary>
public static class PlanExplainer
{
    /// <param name="request">The request that the plan answers.</param>
    /// <param name="plan">Any planner's plan.</param>
    public static PlanExplanation Explain(PlanRequest request, ServingPlan plan)
    {
        var serving = new ServingCosts(request);
        var devices = Indexes(request);
        return new PlanExplanation
        {
            Planner = plan.Planner,
            ModelId = plan.ModelId,
            Replicas = [.. plan.Replicas.Select(replica => Explain(serving, devices, replica))],
            Unused = plan.Unused,
            Prediction = plan.Prediction,
            Certificates = plan.Certificates,
            Findings = [.. Findings(request, plan)],
        };
    }

    /// <summary>"within 1.2 % of the optimum (proved)" with the objective's name and how it was proved.</summary>
    public static string Describe(PlanCertificate certificate) => FormattableString.Invariant(
        $"{certificate.Objective.ToString().ToLowerInvariant()} within {certificate.GapPercent:0.##} % of the optimum (proved: {certificate.Method})");

    /// <summary>Where the model cannot be cut; null where it can be cut everywhere.</summary>
    public static string? Cuts(ModelSpec model) => model.CutPeriodLayers is > 1 and var period
        ? $"slices begin at multiples of {period} layers: the runtime knows layers with a sliding window by their period"
        : null;

    /// <summary>What it means that the plan's devices run on different runtimes; null where they do not, or no profile says.</summary>
    public static string? UnlikeRuntimes(PlanRequest request, ServingPlan plan) => Runtimes(request, plan) is { Length: > 1 } runtimes
        ? $"devices run on different runtimes ({string.Join("; ", runtimes)}): a request that crosses from one to another can be answered in other words than on either alone"
        : null;

    /// <summary>Which replicas keep their KV cache in another type than the request's own, and why: it changes answers.</summary>
    public static IEnumerable<string> OtherKvTypes(PlanRequest request, ServingPlan plan)
    {
        ReplicaPlan[] others = [.. plan.Replicas.Where(replica => replica.Engine.KvType != request.Engine.KvType)];
        if (others.Length == 0)
            yield break;
        var serving = new ServingCosts(request);
        var indexes = Indexes(request);
        var own = Name(request.Engine.KvType);
        foreach (var replica in others)
        {
            int[] devices = [.. replica.Stages.Select(stage => indexes[stage.DeviceId])];
            var most = serving.ChoicesOf(replica.Role).Where(choice => choice.InOwnType is null && choice.Capacities.Hold(devices))
                .Select(choice => choice.MaxConcurrency).DefaultIfEmpty(0).Max();
            var timed = request.Profiles.Where(profile => replica.Stages.Any(stage => stage.DeviceId == profile.DeviceId))
                .All(profile => profile.DecodeByKvType.Any(decode => decode.KvType == replica.Engine.KvType));
            yield return $"{replica.Id} keeps its KV cache in {Name(replica.Engine.KvType)}: {replica.DecodeConcurrency} sequences at once, where its memory holds "
                + (most == 0 ? "none" : $"{most}") + $" in {own}; its answers may differ from those of {own}"
                + (timed ? "" : $", and its steps are taken to last as long, because they were not measured in {Name(replica.Engine.KvType)}");
        }
    }

    private static Dictionary<string, int> Indexes(PlanRequest request) => request.Fleet.Devices.Select((device, index) => (device.Id, index))
        .ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);

    private static string Name(KvCacheType kvType) => kvType.ToString().ToLowerInvariant();

    private static ReplicaExplanation Explain(ServingCosts serving, Dictionary<string, int> devices, ReplicaPlan replica)
    {
        // A plan whose planner left the micro-batches open is shown with single sequences.
        var sequences = replica.MicroBatches == 0 ? 1 : replica.DecodeConcurrency / replica.MicroBatches;
        var choice = serving.ChoicesFor(replica).First();
        var costs = serving.OfSize(replica.Role, Math.Clamp(sequences, 1, choice.MaxConcurrency), choice);
        int[] order = [.. replica.Stages.Select(stage => devices[stage.DeviceId])];
        var stages = new StageExplanation[order.Length];
        var slots = 0.0;
        for (var index = 0; index < order.Length; index++)
        {
            stages[index] = Explain(serving.Fleet, costs, replica.Stages[index], order, index);
            var (work, isLast) = (Work(serving.Fleet, replica.Stages[index]), index == order.Length - 1);
            slots += costs.Slot[order[index]].Seconds(work, isLast) + (isLast ? 0 : costs.SlotHopSecondsOf(order[index], order[index + 1]));
        }
        var slowest = stages.MaxBy(stage => stage.RequestSeconds)!;
        var slotSeconds = replica.MicroBatches == 0 ? 0 : slots / replica.MicroBatches;
        return new ReplicaExplanation
        {
            Id = replica.Id,
            Role = replica.Role,
            PeriodSeconds = replica.PeriodSeconds,
            RequestsPerSecond = replica.RequestsPerSecond,
            PrefillLatencySeconds = replica.PrefillLatencySeconds,
            TokenSeconds = replica.TokenSeconds,
            DecodeConcurrency = replica.DecodeConcurrency,
            Stages = [.. stages.Select(stage => stage with { BusyShare = stage.RequestSeconds / slowest.RequestSeconds })],
            SlotSeconds = slotSeconds,
            Limit = Limit(slowest, slotSeconds, replica.DecodeConcurrency),
        };
    }

    private static string Limit(StageExplanation slowest, double slotSeconds, int concurrency)
    {
        if (slotSeconds > slowest.RequestSeconds * (1 + 1e-9))
            return FormattableString.Invariant(
                $"{(concurrency == 1 ? "one sequence at once is" : FormattableString.Invariant($"{concurrency} sequences at once are"))} too few to keep the stages busy: a request takes {Seconds(slotSeconds)} of a slot, and {Seconds(slowest.RequestSeconds)} of the slowest stage, {slowest.DeviceId}");
        var what = slowest.RequestComputeSeconds == slowest.RequestSeconds ? "its compute"
            : slowest.RequestHopSeconds == slowest.RequestSeconds ? "its link to the next stage" : "its transfer of the KV cache";
        return $"the slowest stage is {slowest.DeviceId}: {what} takes {Seconds(slowest.RequestSeconds)} a request";
    }

    private static string Seconds(double seconds) => seconds < 1
        ? FormattableString.Invariant($"{1e3 * seconds:G3} ms")
        : FormattableString.Invariant($"{seconds:G3} s");

    private static double Work(FleetCosts fleet, StagePlan stage) =>
        fleet.LayerWork[fleet.Units.UnitAt(stage.EndLayer)] - fleet.LayerWork[fleet.Units.UnitAt(stage.FirstLayer)];

    private static StageExplanation Explain(FleetCosts fleet, RoleCosts costs, StagePlan stage, int[] order, int index)
    {
        var isLast = index == order.Length - 1;
        return new StageExplanation
        {
            DeviceId = stage.DeviceId,
            FirstLayer = stage.FirstLayer,
            LayerCount = stage.LayerCount,
            DecodeSeconds = stage.DecodeSeconds,
            PrefillSeconds = stage.PrefillSeconds,
            HopSeconds = stage.HopSeconds,
            RequestComputeSeconds = costs.Busy[order[index]].Seconds(Work(fleet, stage), isLast),
            RequestHopSeconds = isLast ? 0 : costs.HopSecondsOf(order[index], order[index + 1]),
            RequestKvSeconds = costs.KvSeconds(order[index], fleet.Units.UnitAt(stage.FirstLayer), fleet.Units.UnitAt(stage.EndLayer)),
            WeightBytes = stage.WeightBytes,
            KvBytes = stage.KvBytes,
            ScratchBytes = stage.ScratchBytes,
            MemoryBytes = fleet.MemoryBytes[order[index]],
            BusyShare = 0,
        };
    }

    private static string[] Runtimes(PlanRequest request, ServingPlan plan)
    {
        var used = plan.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.DeviceId).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. request.Profiles.Where(profile => profile.Runtime.Length > 0 && used.Contains(profile.DeviceId))
                .GroupBy(profile => profile.Runtime, profile => profile.DeviceId, StringComparer.Ordinal)
                .Select(group => $"{group.Key}: {string.Join(", ", group)}")
                .Order(StringComparer.Ordinal),
        ];
    }

    private static IEnumerable<string> Findings(PlanRequest request, ServingPlan plan)
    {
        foreach (var reason in plan.Reasons)
            yield return reason;
        if (plan.Prediction is { } prediction)
        {
            yield return FormattableString.Invariant(
                $"{prediction.BindingResource} limits the plan: {prediction.CapacityRequestsPerSecond:G4} requests/s can be sustained");
            if (request.Workload is { } workload && workload.RequestsPerSecond > prediction.CapacityRequestsPerSecond)
                yield return FormattableString.Invariant(
                    $"overload: {workload.RequestsPerSecond:G4} requests/s arrive, so the queue grows; waits are means over {workload.HorizonRequests} requests");
        }
        if (Cuts(request.Model) is { } cuts)
            yield return cuts;
        foreach (var other in OtherKvTypes(request, plan))
            yield return other;
        if (UnlikeRuntimes(request, plan) is { } unlike)
            yield return unlike;
        foreach (var certificate in plan.Certificates)
            yield return Describe(certificate);
    }
}
