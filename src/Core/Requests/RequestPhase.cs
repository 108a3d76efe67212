namespace E2LLM.Core.Requests;

/// <summary>Where in its life a request was.</summary>
public enum RequestPhase
{
    Accepted,
    Queued,
    Prefill,
    Decode,
    Done,
}
