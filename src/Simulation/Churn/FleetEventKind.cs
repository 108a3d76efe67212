namespace E2LLM.Simulation.Churn;

/// <summary>What happens to a device.</summary>
public enum FleetEventKind
{
    /// <summary>It is gone without a word, and what its replicas were at with it. What it has on its disc stays there.</summary>
    Leaves,

    /// <summary>It comes, or comes back, with its disc as it was. One that has not left before was not there at the start.</summary>
    Joins,

    /// <summary>From here on its steps take a factor as long as its profile says.</summary>
    Slows,
}
