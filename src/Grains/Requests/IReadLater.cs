namespace E2LLM.Grains.Requests;

/// <summary>
/// A state that may begin empty while its store does not answer, so that its grain can work: what it then writes is refused where
/// there was a record after all.
/// </summary>
public interface IReadLater
{
    /// <summary>Whether the store did not answer, so that nobody knows of a record.</summary>
    bool IsUnread { get; set; }
}
