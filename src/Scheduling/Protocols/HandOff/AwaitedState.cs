namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>How far a cache is that comes from elsewhere: the table of <see cref="AwaitedCache"/>.</summary>
public enum AwaitedState
{
    /// <summary>No slot waits.</summary>
    None,

    /// <summary>The stages open slot and data port.</summary>
    Opening,

    /// <summary>The cache is on its way.</summary>
    Waiting,

    /// <summary>All of it is here; the stages put it into the slot.</summary>
    TakingIn,

    /// <summary>A stage could not.</summary>
    Broken,

    /// <summary>The answer goes on here.</summary>
    TakenIn,
}
