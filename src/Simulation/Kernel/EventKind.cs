namespace E2LLM.Simulation.Kernel;

/// <summary>What happens. Of events at the same time the smaller kind comes first: whoever decides sees what has been done by then.</summary>
public enum EventKind
{
    /// <summary>A device leaves, comes or changes its speed.</summary>
    Fleet,

    /// <summary>A step has left the last stage.</summary>
    Step,

    /// <summary>A KV cache has arrived.</summary>
    Transfer,

    /// <summary>A request comes.</summary>
    Arrival,

    /// <summary>Time that a protocol has waited for is up.</summary>
    Timer,
}
