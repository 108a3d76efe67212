using E2LLM.Core.Plans;

namespace E2LLM.Planning.Differences;

/// <summary>When a change of plans has paid for itself in waiting time.</summary>
public static class WaitBreakEven
{
    /// <summary>
    /// Seconds of the new plan until the time that its requests save makes up for the backlog of a fleet that serves nothing while
    /// weights move. Null where a request saves nothing, or where either plan is overloaded and its queue only grows.
    /// </summary>
    /// <param name="requestsPerSecond">Arrivals.</param>
    /// <param name="moveSeconds">How long nothing is served.</param>
    /// <param name="before">The running plan, for the same workload.</param>
    /// <param name="after">The new plan.</param>
    public static double? Seconds(double requestsPerSecond, double moveSeconds, PlanPrediction before, PlanPrediction after)
    {
        var saved = before.MeanWaitSeconds + before.ServiceSeconds - after.MeanWaitSeconds - after.ServiceSeconds;
        var capacity = after.CapacityRequestsPerSecond;
        if (saved <= 0 || requestsPerSecond >= Math.Min(capacity, before.CapacityRequestsPerSecond))
            return null;
        // The backlog grows for the whole move and is worked off with what the new plan has to spare: the triangle under it.
        var lost = 0.5 * requestsPerSecond * moveSeconds * moveSeconds * capacity / (capacity - requestsPerSecond);
        return lost / (requestsPerSecond * saved);
    }
}
