namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>How far a model's plan has come.</summary>
public enum PlanPhase
{
    /// <summary>Nobody has asked for a plan.</summary>
    None,

    Profiling,

    Planning,

    Loading,

    /// <summary>At least one complete replica serves.</summary>
    Ready,

    Failed,

    Stopped,
}
