using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>Whether a replica of one plan is that of another, so that it can stay as it is. What the plans predict of it does not count.</summary>
internal static class ReplicaMatch
{
    public static bool IsSame(ReplicaPlan one, FleetSpec oneFleet, ReplicaPlan other, FleetSpec otherFleet) =>
        one.Role == other.Role
        && one.Engine == other.Engine
        && one.DecodeConcurrency == other.DecodeConcurrency
        && one.MicroBatches == other.MicroBatches
        && one.PromptRowsBesideDecode == other.PromptRowsBesideDecode
        && one.MinimumTokensPerSecond.Equals(other.MinimumTokensPerSecond)
        && one.Stages.Select(Place).SequenceEqual(other.Stages.Select(Place))
        && one.Stages.All(stage => oneFleet.Find(stage.DeviceId) == otherFleet.Find(stage.DeviceId))
        && Links(one, oneFleet).SequenceEqual(Links(one, otherFleet))
        && DefaultLink(oneFleet) == DefaultLink(otherFleet);

    /// <summary>By value of what decides the bits and the slices; a specification that was stored and read is the same one.</summary>
    public static bool IsSame(ModelSpec one, ModelSpec other) =>
        one.Id == other.Id && one.Sha256 == other.Sha256 && one.LayerBytes.SequenceEqual(other.LayerBytes);

    private static (string Device, int First, int Count) Place(StagePlan stage) => (stage.DeviceId, stage.FirstLayer, stage.LayerCount);

    /// <summary>
    /// KV caches go to any device, so every link of its devices counts that is emulated. A real one is not part of a replica: it takes its
    /// time whatever is known of it. Nor is one that takes no time where others are not held back either, as within a machine: else each device that joins it
    /// would have all of its replicas loaded anew.
    /// </summary>
    private static IEnumerable<LinkSpec> Links(ReplicaPlan replica, FleetSpec fleet) => fleet.Links.Where(link =>
        !link.IsReal && !(DefaultLink(fleet) is null && IsFree(link.BandwidthBytesPerSecond, link.LatencySeconds)) && replica.Stages.Any(stage => stage.DeviceId == link.From || stage.DeviceId == link.To));

    /// <summary>Null where it is real, or takes no time: nothing is held back then.</summary>
    private static (double, double)? DefaultLink(FleetSpec fleet) =>
        fleet.HasRealDefaultLink || IsFree(fleet.DefaultBandwidthBytesPerSecond, fleet.DefaultLatencySeconds) ? null : (fleet.DefaultBandwidthBytesPerSecond, fleet.DefaultLatencySeconds);

    private static bool IsFree(double bytesPerSecond, double latencySeconds) => double.IsPositiveInfinity(bytesPerSecond) && latencySeconds == 0;
}
