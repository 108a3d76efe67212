namespace E2LLM.Cluster.Tests.Faults;

/// <summary>What becomes of a call on its way.</summary>
public enum FaultKind
{
    /// <summary>It never reaches its target.</summary>
    LostCall,

    /// <summary>It runs, and its caller never hears of it.</summary>
    LostReply,

    /// <summary>It comes late, perhaps behind calls that were made after it.</summary>
    Delay,

    /// <summary>It comes twice, the second time perhaps late. The second answer goes nowhere.</summary>
    Duplicate,
}
