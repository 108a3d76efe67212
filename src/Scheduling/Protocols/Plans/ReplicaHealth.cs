namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>What silence says of a replica.</summary>
public enum ReplicaHealth
{
    /// <summary>It was heard of lately: what it said counts.</summary>
    Heard,

    /// <summary>It has missed some reports. Nobody knows why, so it is asked, and others are preferred.</summary>
    Unknown,

    /// <summary>It has been silent for longer than anything that passes takes.</summary>
    Lost,
}
