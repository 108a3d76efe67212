namespace E2LLM.Scheduling.Routing;

/// <summary>Whether a replica can be given requests. Unknown is not dead.</summary>
public enum ReplicaAvailability
{
    /// <summary>It serves, and was heard of lately.</summary>
    Available,

    /// <summary>It served when it was last heard of, which is a while ago: taken only where nobody else can serve.</summary>
    Unknown,

    /// <summary>It does not serve.</summary>
    Unavailable,
}
