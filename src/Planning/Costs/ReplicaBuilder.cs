using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>Writes a partition down as a replica, with what each stage is predicted to cost.</summary>
internal static class ReplicaBuilder
{
    /// <param name="costs">The request.</param>
    /// <param name="id">Name within the plan.</param>
    /// <param name="role">What the replica does.</param>
    /// <param name="choice">Its engine settings.</param>
    /// <param name="stages">Devices in order, each with the end of its layer range.</param>
    public static ReplicaPlan Build(FleetCosts costs, string id, ReplicaRole role, EngineChoice choice, ReadOnlySpan<(int Device, int End)> stages)
    {
        var engine = choice.Settings;
        var contextTokens = engine.MaxSequenceTokens / 2.0;
        var built = ImmutableArray.CreateBuilder<StagePlan>(stages.Length);
        var first = 0;
        for (var index = 0; index < stages.Length; index++)
        {
            var (device, end) = stages[index];
            var isLast = index == stages.Length - 1;
            var (firstLayer, endLayer) = (costs.Units.LayerAt(first), costs.Units.LayerAt(end));
            built.Add(new StagePlan
            {
                DeviceId = costs.DeviceId(device),
                FirstLayer = firstLayer,
                LayerCount = endLayer - firstLayer,
                WeightBytes = costs.Model.WeightBytes(firstLayer, endLayer - firstLayer),
                KvBytes = choice.Memory.KvBytes(first, end),
                ScratchBytes = choice.Memory.ScratchBytes(end),
                DecodeSeconds = costs.Decode(device, 1, contextTokens, engine.KvType).Seconds(costs.LayerWork[end] - costs.LayerWork[first], isLast),
                PrefillSeconds = costs.Prefill(device, engine.MaxStepTokens).Seconds(costs.LayerWork[end] - costs.LayerWork[first], isLast),
                HopSeconds = isLast ? 0 : costs.HopSeconds(device, stages[index + 1].Device, 1),
            });
            first = end;
        }
        return new ReplicaPlan
        {
            Id = id,
            Role = role,
            Stages = built.MoveToImmutable(),
            Engine = engine,
            MinimumTokensPerSecond = costs.Request.MinimumTokensPerSecond,
        };
    }
}
