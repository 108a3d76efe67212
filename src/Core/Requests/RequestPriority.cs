namespace E2LLM.Core.Requests;

/// <summary>How urgent a request is beside others. A higher class goes first, but only so long: waiting makes up for it.</summary>
public enum RequestPriority
{
    /// <summary>May wait: batch work.</summary>
    Low = -1,

    Normal = 0,

    /// <summary>Somebody is watching the cursor.</summary>
    High = 1,
}
