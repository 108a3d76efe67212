namespace E2LLM.Core.Plans;

/// <summary>Where in its life a replica is.</summary>
public enum ReplicaState
{
    /// <summary>Never started, or stopped: it holds nothing.</summary>
    Stopped,

    /// <summary>Its stages are being loaded.</summary>
    Loading,

    Serving,

    /// <summary>A step was lost; the stages are being brought back. Requests wait, and new ones are taken.</summary>
    Recovering,

    /// <summary>Serves what it has and takes no more.</summary>
    Draining,

    /// <summary>It could not help itself, and holds no requests. Somebody has to start it anew.</summary>
    OutOfService,
}
