namespace E2LLM.Core.Requests;

/// <summary>Who failed.</summary>
public enum FailedParty
{
    Client,
    Queue,
    Plan,
    Stage,
    Link,
    Engine,

    /// <summary>The model itself: its file has been changed, or its weights give no numbers. Another attempt ends no better.</summary>
    Model,
}
