namespace E2LLM.Core.Fleets;

/// <summary>Where a device of a fleet stands.</summary>
public enum DeviceState
{
    /// <summary>Plans may use it.</summary>
    Offered,

    /// <summary>Its silo has not been heard of for a while. Plans count on it for a while longer: silos are started anew.</summary>
    Missing,

    /// <summary>Its silo has been silent for so long that plans are made without it.</summary>
    Away,

    /// <summary>Its owner does not offer it at this hour.</summary>
    Withheld,

    /// <summary>It is to leave, and still holds layers.</summary>
    Draining,

    /// <summary>It holds nothing any more: its silo can be stopped.</summary>
    Drained,

    /// <summary>Its owner has paused it.</summary>
    Paused,
}
