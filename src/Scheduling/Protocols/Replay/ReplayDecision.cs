using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Replay;

/// <summary>What follows an attempt.</summary>
public abstract record ReplayDecision
{
    private ReplayDecision()
    {
    }

    /// <summary>Another attempt.</summary>
    /// <param name="PauseSeconds">To be waited before it.</param>
    public sealed record GoOn(double PauseSeconds) : ReplayDecision;

    /// <summary>The answer has ended.</summary>
    public sealed record End(FinishReason Finish, RequestFailure? Failure) : ReplayDecision;
}
