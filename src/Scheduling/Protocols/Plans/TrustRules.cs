using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>What holds of a plan where first and last layers are for trusted devices alone.</summary>
public static class TrustRules
{
    /// <summary>The first device of a plan that holds an end and is not trusted, with its replica; null: there is none.</summary>
    public static (ReplicaPlan Replica, string Device)? FindUntrusted(ServingPlan plan, FleetSpec fleet)
    {
        foreach (var replica in plan.Replicas)
            foreach (var stage in new[] { replica.Stages[0], replica.Stages[^1] })
                if (fleet.Find(stage.DeviceId) is not { IsTrusted: true })
                    return (replica, stage.DeviceId);
        return null;
    }

    /// <exception cref="PlanningException">The plan has a replica's end on a device that is not trusted: names both.</exception>
    public static void ThrowIfUntrusted(ServingPlan plan, FleetSpec fleet)
    {
        if (FindUntrusted(plan, fleet) is var (replica, device))
            throw new PlanningException(
                $"The plan by '{plan.Planner}' has the first or the last layers of replica '{replica.Id}' on device '{device}', which is not trusted (TrustedEnds).");
    }
}
