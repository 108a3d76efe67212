using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>Prices a given order and given cuts: the cost model's word on any planner's group.</summary>
public sealed class GroupEvaluator(ServingCosts serving)
{
    private readonly FleetCosts _fleet = serving.Fleet;

    /// <summary>The group at its best engine choice, micro-batch size and count; null where it does not fit or is too slow for every reader.</summary>
    public GroupPlan? Best(ReadOnlySpan<(int Device, int End)> stages, ReplicaRole role)
    {
        GroupPlan? best = null;
        foreach (var costs in serving.Of(role))
            if (Evaluate(stages, costs, costs.MaxMicroBatches) is { } plan && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        return best is null ? null : Lightest(best);
    }

    /// <summary>The group with the first of the engine choices that gives it the same rate: in the request's own KV type if that does, with the fewest cells.</summary>
    public GroupPlan Lightest(GroupPlan plan)
    {
        foreach (var choice in serving.ChoicesOf(plan.Role))
        {
            if (choice == plan.Choice)
                break;
            if (choice.MaxConcurrency >= plan.Concurrency
                && Evaluate(plan.Stages, serving.OfSize(plan.Role, Math.Max(1, plan.MicroBatchSequences), choice), plan.MicroBatches) is { } lighter
                && lighter.RequestSeconds <= plan.RequestSeconds)
                return lighter;
        }
        return plan;
    }

    /// <summary>The group with at most so many micro-batches, fewer where the minimum speed wants it.</summary>
    public GroupPlan? Evaluate(ReadOnlySpan<(int Device, int End)> stages, RoleCosts costs, int maxMicroBatches)
    {
        if (!FitsMemory(stages, costs.Choice) || !IsOpenTo(stages, costs))
            return null;
        var (bottleneck, slotSum) = Sums(stages, costs);
        var microBatches = costs.Role == ReplicaRole.Prefill ? 0 : Math.Min(maxMicroBatches, costs.MaxMicroBatches);
        double Seconds(int count) => count == 0 ? bottleneck : Math.Max(bottleneck, slotSum / count);
        if (microBatches > 0)
        {
            // Each of them slows every reader down, so the largest count that is allowed is found from above.
            while (microBatches > 0 && Seconds(microBatches) > serving.MaxRequestSeconds(costs, microBatches) * (1 + 1e-9))
                microBatches--;
            if (microBatches == 0)
                return null;
        }
        var seconds = Seconds(microBatches);
        var prompt = costs.Role == ReplicaRole.Decoder ? default : Prompt(stages);
        return new GroupPlan
        {
            Role = costs.Role,
            Stages = stages.ToArray(),
            Choice = costs.Choice,
            MicroBatchSequences = costs.Role == ReplicaRole.Prefill ? 0 : costs.MicroBatchSequences,
            MicroBatches = microBatches,
            RequestSeconds = seconds,
            PromptBusySeconds = prompt.Busy,
            PromptSeconds = prompt.Latency,
            LoneTokenSeconds = costs.Role == ReplicaRole.Prefill ? 0 : LoneTokenSeconds(stages, costs.Choice.Settings.KvType),
            TokenSeconds = microBatches * costs.MicroBatchSequences * seconds / serving.DecodeSteps,
        };
    }

    /// <summary>Whether the stages are the whole model, and each is within its device's memory and one that the device may hold.</summary>
    public bool FitsMemory(ReadOnlySpan<(int Device, int End)> stages, EngineChoice choice)
    {
        var first = 0;
        foreach (var (device, end) in stages)
        {
            if (end <= first || !_fleet.MayHold(device, choice.Memory, first, end))
                return false;
            first = end;
        }
        return first == _fleet.LayerCount;
    }

    private static bool IsOpenTo(ReadOnlySpan<(int Device, int End)> stages, RoleCosts costs)
    {
        if (costs.Choice.InOwnType is null)
            return true;
        Span<int> devices = stackalloc int[stages.Length];
        for (var index = 0; index < stages.Length; index++)
            devices[index] = stages[index].Device;
        return costs.IsOpenTo(devices);
    }

    private (double Bottleneck, double SlotSum) Sums(ReadOnlySpan<(int Device, int End)> stages, RoleCosts costs)
    {
        var (bottleneck, slotSum, first) = (0.0, 0.0, 0);
        for (var index = 0; index < stages.Length; index++)
        {
            var (device, end) = stages[index];
            var work = _fleet.LayerWork[end] - _fleet.LayerWork[first];
            var isLast = index == stages.Length - 1;
            bottleneck = Math.Max(bottleneck, Math.Max(costs.Busy[device].Seconds(work, isLast), costs.KvSeconds(device, first, end)));
            slotSum += costs.Slot[device].Seconds(work, isLast);
            if (!isLast)
            {
                bottleneck = Math.Max(bottleneck, costs.HopSecondsOf(device, stages[index + 1].Device));
                slotSum += costs.SlotHopSecondsOf(device, stages[index + 1].Device);
            }
            first = end;
        }
        return (bottleneck, slotSum);
    }

    // Chunks follow one another through the stages: the first passes all of them, the others come a bottleneck apart.
    private (double Busy, double Latency) Prompt(ReadOnlySpan<(int Device, int End)> stages)
    {
        var rows = (int)Math.Ceiling(serving.ChunkTokens);
        var (sum, slowest, first) = (0.0, 0.0, 0);
        for (var index = 0; index < stages.Length; index++)
        {
            var (device, end) = stages[index];
            var isLast = index == stages.Length - 1;
            var cost = _fleet.Prefill(device, serving.ChunkTokens);
            var compute = cost.Seconds(_fleet.LayerWork[end] - _fleet.LayerWork[first], isLast: false);
            var hop = isLast ? 0 : _fleet.HopSeconds(device, stages[index + 1].Device, rows);
            sum += compute + hop + (isLast ? cost.HeadSeconds : 0);
            slowest = Math.Max(slowest, Math.Max(compute, hop));
            first = end;
        }
        return (serving.ChunksPerPrompt * slowest, sum + Math.Max(0, serving.ChunksPerPrompt - 1) * slowest);
    }

    private double LoneTokenSeconds(ReadOnlySpan<(int Device, int End)> stages, KvCacheType kvType)
    {
        var (sum, first) = (0.0, 0);
        for (var index = 0; index < stages.Length; index++)
        {
            var (device, end) = stages[index];
            var isLast = index == stages.Length - 1;
            sum += _fleet.Decode(device, 1, serving.ContextTokens, kvType).Seconds(_fleet.LayerWork[end] - _fleet.LayerWork[first], isLast);
            if (!isLast)
                sum += _fleet.HopSeconds(device, stages[index + 1].Device, 1);
            first = end;
        }
        return sum;
    }
}
