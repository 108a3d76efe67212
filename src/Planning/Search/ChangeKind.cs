namespace E2LLM.Planning.Search;

/// <summary>What a step of the local search changes.</summary>
internal enum ChangeKind
{
    /// <summary>A group gets another role.</summary>
    Role,

    /// <summary>A device goes from one group to another; without a source it was unused, without a target it becomes so.</summary>
    Move,

    /// <summary>A device changes places with one of another group or an unused one.</summary>
    Swap,

    /// <summary>Two groups become one.</summary>
    Merge,

    /// <summary>A device leaves its group, if any, for a group with all unused devices that raise its rate.</summary>
    Split,
}
