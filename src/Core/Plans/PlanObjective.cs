namespace E2LLM.Core.Plans;

/// <summary>What a plan is chosen for.</summary>
public enum PlanObjective
{
    /// <summary>The least predicted mean wait at the workload's rate.</summary>
    Wait,

    /// <summary>The highest sustainable request rate.</summary>
    Capacity,

    /// <summary>The least predicted mean time from a request's arrival to its last token at the workload's rate: wait and service together.</summary>
    Latency,
}
