using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Certificates;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>Writes groups down as a plan: named, ordered, predicted, certified, with a reason for every device left out.</summary>
internal static class PlanAssembler
{
    public static ServingPlan Assemble(PlanningContext context, string planner, IReadOnlyList<GroupPlan> groups)
    {
        // PREFILL, DECODER, MIXED; then by first device, so that the names do not depend on how the search went.
        GroupPlan[] ordered =
        [
            .. groups.OrderBy(group => group.Role == ReplicaRole.Mixed ? 3 : (int)group.Role).ThenBy(group => group.Stages.Min(stage => stage.Device)),
        ];
        var figures = context.Evaluator.Evaluate(ordered);
        return new ServingPlan
        {
            ModelId = context.Request.Model.Id,
            Planner = planner,
            Seed = context.Request.Seed,
            Replicas = [.. ordered.Select((group, index) => Replica(context.Serving, group, $"r{index}"))],
            Unused = LeftOut(context, ordered, figures.CapacityPerSecond),
            Prediction = context.Evaluator.Predict(ordered),
            Certificates = Certifier.Certify(context, figures),
        };
    }

    private static ReplicaPlan Replica(ServingCosts serving, GroupPlan group, string id) =>
        ReplicaBuilder.Build(serving.Fleet, id, group.Role, group.Choice, group.Stages) with
        {
            DecodeConcurrency = group.Concurrency,
            MicroBatches = group.MicroBatches,
            RequestsPerSecond = group.RequestsPerSecond,
            PrefillLatencySeconds = group.PromptSeconds,
            TokenSeconds = group.TokenSeconds,
        };

    private static ImmutableArray<UnusedDevice> LeftOut(PlanningContext context, GroupPlan[] groups, double capacity)
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
                reasons[type] = reason = Reason(context, groups, device, capacity);
            unused.Add(new UnusedDevice(fleet.DeviceId(device), reason));
        }
        return unused.ToImmutable();
    }

    private static string Reason(PlanningContext context, GroupPlan[] groups, int device, double capacity)
    {
        var fleet = context.Serving.Fleet;
        var smallest = fleet.Memory.EachStageBytes
            + Enumerable.Range(0, fleet.LayerCount).Min(layer => fleet.Memory.LayerBytes[layer + 1] - fleet.Memory.LayerBytes[layer]);
        if (fleet.MemoryBytes[device] < smallest)
            return FormattableString.Invariant(
                $"too small: it has {fleet.MemoryBytes[device]:N0} bytes, one layer with its KV cache and scratch takes {smallest:N0}");
        var best = 0.0;
        var joined = groups.ToArray();
        for (var index = 0; index < groups.Length; index++)
        {
            if (context.Groups.Best([.. groups[index].Stages.Select(stage => stage.Device), device], groups[index].Role) is { } larger)
            {
                joined[index] = larger;
                best = Math.Max(best, context.Evaluator.Evaluate(joined).CapacityPerSecond);
                joined[index] = groups[index];
            }
        }
        var alone = context.Groups.Best([device], ReplicaRole.Mixed) is null ? "alone it cannot hold the model" : "its own replica would be slow for each request";
        return FormattableString.Invariant(
            $"no gain: {alone}, and in the best of the replicas the plan would sustain {best:G4} requests/s with it and {capacity:G4} without");
    }
}
