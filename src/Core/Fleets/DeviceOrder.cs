namespace E2LLM.Core.Fleets;

/// <summary>What somebody has ordered of a device.</summary>
public enum DeviceOrder
{
    /// <summary>Nothing: it serves where the plan has a use for it.</summary>
    None,

    /// <summary>It shall leave: what it does goes on elsewhere. Forgotten once its silo has left; at its next start it serves again.</summary>
    Drain,

    /// <summary>Its owner needs it: as Drain, until it is resumed, however often its silo starts meanwhile.</summary>
    Pause,

    /// <summary>It is forgotten at once. This process of its silo may not offer it again; the next one may.</summary>
    Evict,
}
