namespace E2LLM.Core.Plans;

/// <summary>What a plan is chosen for.</summary>
public enum PlanObjective
{
    /// <summary>The least predicted mean wait at the workload's rate.</summary>
    Wait,

    /// <summary>The highest sustainable request rate.</summary>
    Capacity,

    /// <summary>
    /// The least predicted mean time from a request's arrival to its last token at the workload's rate: wait and service together. Times that
    /// nobody can tell apart are settled by capacity, and a plan that can carry the rate with a margin comes before one that cannot.
    /// </summary>
    Latency,

    /// <summary>The highest rate at which the service targets hold for most requests.</summary>
    Goodput,

    /// <summary>What people feel: <see cref="Latency"/> where the fleet carries the rate with ease, <see cref="Goodput"/> above. The plan says which and why.</summary>
    Auto,
}
