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
}
