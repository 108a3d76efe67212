using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.DynamicProgramming;

/// <summary>
/// MIXED replicas alone, chosen for the highest summed rate of decode steps of one sequence. Exact over groups, orders and cuts up to
/// <see cref="SubsetPartitionSolver.MaxDevices"/> devices; beyond that, groups are grown from the fastest device down.
/// </summary>
public sealed class DynamicProgrammingPlanner : IPlanner
{
    public string Name => "e2llm-dp";

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        PlanRequestCheck.ThrowIfInvalid(request);
        var costs = new FleetCosts(request);
        var groups = costs.DeviceCount <= SubsetPartitionSolver.MaxDevices
            ? ExactGrouping.Find(costs, cancellationToken)
            : GreedyGrouping.Find(costs, cancellationToken);
        if (groups.Count == 0)
            throw MemoryCheck.Explain(request);

        // By first device, so that the names do not depend on how the search went.
        groups.Sort((left, right) => left.Min(stage => stage.Device).CompareTo(right.Min(stage => stage.Device)));
        return new ServingPlan
        {
            ModelId = request.Model.Id,
            Planner = Name,
            Seed = request.Seed,
            Replicas = [.. groups.Select((stages, index) => ReplicaBuilder.Build(costs, $"r{index}", ReplicaRole.Mixed, stages))],
            Unused = Unused(costs, groups),
        };
    }

    /// <summary>What the partition solvers need, with one-sequence decode steps as cost and devices in the given order.</summary>
    internal static PartitionProblem Problem(FleetCosts costs, IReadOnlyList<int> devices)
    {
        var contextTokens = costs.Request.Engine.MaxSequenceTokens / 2.0;
        return new PartitionProblem
        {
            LayerWork = costs.LayerWork,
            LayerBytes = costs.Memory.LayerBytes,
            EachStageBytes = costs.Memory.EachStageBytes,
            FirstStageBytes = costs.Memory.FirstStageBytes,
            LastStageBytes = costs.Memory.LastStageBytes,
            Costs = [.. devices.Select(device => costs.Decode(device, 1, contextTokens))],
            MemoryBytes = [.. devices.Select(device => costs.MemoryBytes[device])],
            HopSeconds = [.. devices.Select((device, index) => index == 0 ? 0 : costs.HopSeconds(devices[index - 1], device, 1))],
        };
    }

    private static ImmutableArray<UnusedDevice> Unused(FleetCosts costs, List<(int Device, int End)[]> groups)
    {
        var used = groups.SelectMany(stages => stages).Select(stage => stage.Device).ToHashSet();
        var smallest = Enumerable.Range(0, costs.LayerCount).Min(layer => costs.Memory.LayerBytes[layer + 1] - costs.Memory.LayerBytes[layer])
            + costs.Memory.EachStageBytes;
        return
        [
            .. Enumerable.Range(0, costs.DeviceCount).Where(device => !used.Contains(device)).Select(device => new UnusedDevice(
                costs.DeviceId(device),
                costs.MemoryBytes[device] < smallest
                    ? FormattableString.Invariant($"too small: {costs.MemoryBytes[device]:N0} bytes, one layer with its KV cache and scratch takes {smallest:N0}")
                    : "no group with it decodes faster: it would become the slowest stage, or its link the slowest hop, and alone it cannot hold the model")),
        ];
    }
}
