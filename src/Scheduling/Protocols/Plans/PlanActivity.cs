namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>What is being done about another plan, beside whatever serves.</summary>
public enum PlanActivity
{
    None,

    /// <summary>The devices are being timed.</summary>
    Profiling,

    /// <summary>A planner is at work, or its plan is being checked.</summary>
    Planning,
}
