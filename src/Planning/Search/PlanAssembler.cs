using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Certificates;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Search;

/// <summary>Writes groups down as a plan: named, ordered, predicted, certified, with a reason for every device left out.</summary>
internal static class PlanAssembler
{
    public static ServingPlan Assemble(PlanningContext context, string planner, IReadOnlyList<GroupPlan> groups)
    {
        var plan = Draft(context, planner, groups);
        GroupPlan[] ordered = [.. Ordered(groups)];
        var figures = context.Evaluator.Evaluate(ordered);
        return plan with
        {
            Unused = LeftOut(context, ordered, figures),
            Certificates = Certifier.Certify(context, figures),
            Objective = context.Objective,
            Reasons = [.. new[] { context.ObjectiveReason, TrustCheck.Describe(context.Request) }.OfType<string>()],
        };
    }

    /// <summary>Without certificates and reasons, which take their time: for somebody who looks at several.</summary>
    public static ServingPlan Draft(PlanningContext context, string planner, IReadOnlyList<GroupPlan> groups)
    {
        GroupPlan[] ordered = [.. Ordered(groups)];
        return new ServingPlan
        {
            ModelId = context.Request.Model.Id,
            Planner = planner,
            Seed = context.Request.Seed,
            Replicas = [.. ordered.Select((group, index) => Replica(context.Serving, group, $"r{index}"))],
            Prediction = context.Evaluator.Predict(ordered),
        };
    }

    // PREFILL, DECODER, MIXED; then by first device, so that the names do not depend on how the search went.
    private static IEnumerable<GroupPlan> Ordered(IReadOnlyList<GroupPlan> groups) => groups
        .OrderBy(group => group.Role == ReplicaRole.Mixed ? 3 : (int)group.Role)
        .ThenBy(group => group.Stages.Min(stage => stage.Device));

    private static ReplicaPlan Replica(ServingCosts serving, GroupPlan group, string id) =>
        ReplicaBuilder.Build(serving.Fleet, id, group.Role, PrefillSlots.Choose(serving, group), group.Stages) with
        {
            DecodeConcurrency = group.Concurrency,
            MicroBatches = group.MicroBatches,
            RequestsPerSecond = group.RequestsPerSecond,
            PrefillLatencySeconds = group.PromptSeconds,
            TokenSeconds = group.TokenSeconds,
            PromptRowsBesideDecode = PromptRows.BesideDecode(serving, group),
        };

    private static ImmutableArray<UnusedDevice> LeftOut(PlanningContext context, GroupPlan[] groups, PlanFigures figures)
    {
        var fleet = context.Serving.Fleet;
        var used = groups.SelectMany(group => group.Stages).Select(stage => stage.Device).ToHashSet();
        // Alike devices have the same reason.
        var reasons = new Dictionary<int, string>();
        var unused = ImmutableArray.CreateBuilder<UnusedDevice>();
        for (var device = 0; device < fleet.DeviceCount; device++)
        {
            if (used.Contains(device))
                continue;
            var type = context.Serving.DeviceTypes[device];
            if (!reasons.TryGetValue(type, out var reason))
                reasons[type] = reason = Reason(context, groups, device, figures);
            unused.Add(new UnusedDevice(fleet.DeviceId(device), reason));
        }
        return unused.ToImmutable();
    }

    private static string Reason(PlanningContext context, GroupPlan[] groups, int device, PlanFigures without)
    {
        var fleet = context.Serving.Fleet;
        var smallest = fleet.Memory.EachStageBytes
            + Enumerable.Range(0, fleet.LayerCount).Min(layer => fleet.Memory.LayerBytes[layer + 1] - fleet.Memory.LayerBytes[layer]);
        if (fleet.MemoryBytes[device] < smallest)
            return FormattableString.Invariant(
                $"too small: it has {fleet.MemoryBytes[device]:N0} bytes, one layer with its KV cache and scratch takes {smallest:N0}");
        PlanFigures? best = null;
        var joined = groups.ToArray();
        for (var index = 0; index < groups.Length; index++)
            if (context.Groups.Best([.. groups[index].Stages.Select(stage => stage.Device), device], groups[index].Role) is { } larger)
            {
                joined[index] = larger;
                Try(joined);
                joined[index] = groups[index];
            }
        var own = context.Groups.Best([device], ReplicaRole.Mixed);
        if (own is not null)
            Try([.. groups, own]);
        var alone = own is null ? "alone it cannot hold the model" : "its own replica would be slow for each request";
        return best is { } with
            ? $"no gain: {alone}; {Compare(with, without, context.Objective)}"
            : $"no gain: {alone}, and no replica holds the model with it";

        void Try(GroupPlan[] candidate)
        {
            var figures = context.Evaluator.Evaluate(candidate);
            if (best is not { } known || figures.IsBetterThan(known, context.Objective))
                best = figures;
        }
    }

    /// <summary>In terms of what the plan was made for.</summary>
    private static string Compare(PlanFigures with, PlanFigures without, PlanObjective objective) => objective switch
    {
        PlanObjective.Capacity => FormattableString.Invariant(
            $"at best the plan would have a capacity of {with.CapacityPerSecond:G4} requests/s with it, and has {without.CapacityPerSecond:G4} without"),
        PlanObjective.Wait => FormattableString.Invariant(
            $"at best a request would wait {with.MeanWaitSeconds:G3} s with it, and waits {without.MeanWaitSeconds:G3} s without"),
        PlanObjective.Goodput => FormattableString.Invariant(
            $"at best the targets would hold up to {with.GoodputPerSecond:G4} requests/s with it, and hold up to {without.GoodputPerSecond:G4} without"),
        _ => FormattableString.Invariant(
            $"at best a request would have its last token after {with.EndToEndSeconds:G4} s with it, and has it after {without.EndToEndSeconds:G4} s without"),
    };
}
