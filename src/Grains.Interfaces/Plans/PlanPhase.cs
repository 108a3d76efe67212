namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>How far a model's plan has come.</summary>
public enum PlanPhase
{
    /// <summary>Nobody has asked for a plan.</summary>
    None,

    /// <summary>Nothing serves; the devices are being timed.</summary>
    Profiling,

    /// <summary>Nothing serves; a planner is at work.</summary>
    Planning,

    /// <summary>There is a plan, and its replicas are being started, for the first time or anew.</summary>
    Loading,

    /// <summary>Requests can be served, whatever else is being planned or started.</summary>
    Ready,

    /// <summary>Nothing serves: there is no plan, or none of its replicas could be loaded. Those are tried again.</summary>
    Failed,

    Stopped,
}
