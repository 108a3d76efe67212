using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Churn;

/// <summary>How a simulated fog lives with devices that come and go. The defaults are those of a silo where it has them.</summary>
public sealed record ChurnOptions
{
    public SimulationOptions Serving { get; init; } = new();

    /// <summary>Who plans anew. Without a judge: its simulations would be most of a run's time.</summary>
    public IPlanner Planner { get; init; } = PlannerRegistry.Get("e2llm");

    /// <summary>After which those that a device worked for know that it is gone; above 0, as who asks a replica that is gone would else give up at once.</summary>
    public double DetectionSeconds { get; init; } = 0.9;

    /// <summary>What timing and planning take before another plan is taken up; 0 or more.</summary>
    public double PlanningSeconds { get; init; } = 2;

    /// <summary>What the start of a replica takes beyond its weights; 0 or more.</summary>
    public double StartSeconds { get; init; } = 1;

    /// <summary>At which a device loads layers that it has held before; above 0.</summary>
    public double DiskBytesPerSecond { get; init; } = 5e8;

    /// <summary>How long a request waits for replicas that serve it before it is lost; may be infinite.</summary>
    public double ReplicaWaitSeconds { get; init; } = 120;

    /// <summary>How often a request goes on elsewhere before it is lost; 0 or more.</summary>
    public int MaxReplays { get; init; } = 5;

    /// <summary>After which silence the fleet is planned without a device, and how soon after a change.</summary>
    public FleetTimes Fleet { get; init; } = new();

    /// <summary>Pauses and patience of the plan. Reports are as fresh as the routes, so nothing is on its way that they do not count.</summary>
    public PlanTimes Plan { get; init; } = new() { RoutedSeconds = 0 };
}
