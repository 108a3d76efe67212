using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>
/// Judges replicas by their silence. Asking them is somebody else's business, and so is what follows from the judgement. A process that
/// is stopped for seconds, a long collection or a flood of other calls make a replica silent and do not harm it, while starting it anew
/// ends all its requests and loads gigabytes: so only a long silence counts as a loss.
/// </summary>
public static class HealthPolicy
{
    public static ReplicaHealth Judge(double silentSeconds, PlanTimes times) =>
        silentSeconds > times.SilenceSeconds ? ReplicaHealth.Lost
        : silentSeconds > times.UnknownSeconds ? ReplicaHealth.Unknown
        : ReplicaHealth.Heard;

    public static ReplicaAvailability Availability(ReplicaSnapshot snapshot, ReplicaHealth health) => (snapshot.IsServing, health) switch
    {
        (false, _) or (_, ReplicaHealth.Lost) => ReplicaAvailability.Unavailable,
        (_, ReplicaHealth.Unknown) => ReplicaAvailability.Unknown,
        _ => ReplicaAvailability.Available,
    };
}
