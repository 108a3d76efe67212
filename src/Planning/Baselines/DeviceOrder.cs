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
}
