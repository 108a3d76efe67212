using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>What the cost model says of a replica's decode steps by some profiles.</summary>
/// <param name="StageSeconds">Of a step of one row, by stage.</param>
/// <param name="AloneSeconds">From token to token of an answer alone.</param>
/// <param name="FullSeconds">
/// From token to token of as many answers as the replica takes, while no prompt is read. The plan's own figure
/// (<see cref="ReplicaPlan.TokenSeconds"/>) has the prompts of those that come after in it, and is longer.
/// </param>
internal sealed record PlannedTimes(double[] StageSeconds, double AloneSeconds, double FullSeconds)
{
    public static PlannedTimes Of(
        FleetSpec fleet, ModelSpec model, ReplicaPlan replica, ImmutableArray<DeviceProfile> profiles, double contextTokens)
    {
        var costs = new FleetCosts(new PlanRequest { Fleet = fleet, Model = model, Engine = replica.Engine, Profiles = profiles });
        var devices = replica.Stages.Select(stage => fleet.Devices.IndexOf(fleet.Devices.Single(device => device.Id == stage.DeviceId))).ToArray();
        var microBatches = Math.Max(1, replica.MicroBatches);
        var (alone, full) = (Steps(1), Steps(Math.Max(1, replica.DecodeConcurrency / microBatches)));
        return new PlannedTimes(
            [.. alone.Select(step => step.Compute)],
            alone.Sum(step => step.Compute + step.Hop),
            // Every micro-batch passes the slowest stage or hop once a token, and none is faster than all stages.
            Math.Max(microBatches * full.Max(step => Math.Max(step.Compute, step.Hop)), full.Sum(step => step.Compute + step.Hop)));

        (double Compute, double Hop)[] Steps(int rows) =>
        [
            .. replica.Stages.Select((stage, index) => (
                costs.Decode(devices[index], rows, contextTokens, replica.Engine.KvType).Seconds(
                    costs.LayerWork[costs.Units.UnitAt(stage.EndLayer)] - costs.LayerWork[costs.Units.UnitAt(stage.FirstLayer)],
                    isLast: index == replica.Stages.Length - 1),
                index + 1 < devices.Length ? costs.HopSeconds(devices[index], devices[index + 1], rows) : 0)),
        ];
    }
}
