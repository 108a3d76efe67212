using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>The devices of a fleet, fastest first.</summary>
internal static class DeviceOrder
{
    /// <summary>By the time of a layer for one whole mean request, prompt and answer.</summary>
    public static int[] BySpeed(PlanningContext context)
    {
        var costs = context.Serving.Mixed[0].Busy;
        return [.. Enumerable.Range(0, costs.Length).OrderBy(device => costs[device].SecondsPerWork).ThenBy(device => device)];
    }

    /// <summary>The devices, the first two of those that may hold a replica's ends before all others: any beginning of the list of two or more can serve then.</summary>
    public static List<int> EndsFirst(PlanningContext context, IReadOnlyList<int> devices)
    {
        int[] ends = [.. devices.Where(context.Serving.Fleet.MayHoldEnds).Take(2)];
        return [.. ends, .. devices.Except(ends)];
    }
}
