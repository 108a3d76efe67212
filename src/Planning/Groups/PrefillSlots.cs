using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>How many prompts a PREFILL replica holds at once: those that it reads, and those whose KV caches are on their way to decoders.</summary>
/// <remarks>
/// More make it no faster, so the search prices it with the fewest. But interfaces of decoders are busy at times, and a prompt keeps its slot until
/// its cache has arrived: replicas with four slots that read nine prompts a second stood still four fifths of the time (64 devices, 1 Gbit/s, simulated).
/// So who reads many prompts a second gets more, where its memory holds them.
/// </remarks>
internal static class PrefillSlots
{
    /// <summary>Times as long as alone that a cache may be on its way: what queues before an interface that is four fifths busy.</summary>
    private const double TransferFactor = 4;

    /// <summary>The group's own settings; of a PREFILL the fewest slots that are enough, or the most that its memory holds.</summary>
    public static EngineChoice Choose(ServingCosts serving, GroupPlan group)
    {
        if (group.Role != ReplicaRole.Prefill)
            return group.Choice;
        var bytesPerSecond = double.PositiveInfinity;
        foreach (var (device, _) in group.Stages)
            bytesPerSecond = Math.Min(bytesPerSecond, serving.SentBytesPerSecond[device]);
        var held = group.RequestsPerSecond * (group.PromptSeconds + TransferFactor * serving.KvPromptBytes[^1] / bytesPerSecond);
        var chosen = group.Choice;
        foreach (var choice in serving.Choices)
            if (choice.InOwnType is null && choice.MaxConcurrency > chosen.MaxConcurrency && chosen.MaxConcurrency < held && Fits(serving.Fleet, group, choice))
                chosen = choice;
        return chosen;
    }

    private static bool Fits(FleetCosts fleet, GroupPlan group, EngineChoice choice)
    {
        var first = 0;
        foreach (var (device, end) in group.Stages)
        {
            if (!fleet.MayHold(device, choice.Memory, first, end))
                return false;
            first = end;
        }
        return true;
    }
}
