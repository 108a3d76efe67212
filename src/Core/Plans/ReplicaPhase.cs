namespace E2LLM.Core.Plans;

/// <summary>How far the plan has come with a replica. What the replica says of itself is its <see cref="ReplicaState"/>.</summary>
public enum ReplicaPhase
{
    /// <summary>To be started: at once, or after a pause.</summary>
    Waiting,

    /// <summary>It has been told to start and has not answered.</summary>
    Starting,

    /// <summary>It has been started. Whether it serves, its reports say.</summary>
    Running,

    /// <summary>It gets no more requests and ends those that it has.</summary>
    Draining,

    /// <summary>It has been told to stop and has not answered, or could not be told and will be again.</summary>
    Stopping,

    /// <summary>It holds nothing, and nobody needs to know of it.</summary>
    Gone,
}
