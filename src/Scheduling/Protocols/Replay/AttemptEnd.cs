using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Replay;

/// <summary>How an attempt to run a request ended.</summary>
/// <param name="Finish">As its replicas, or whoever watched them, said.</param>
/// <param name="Failure">Set where it failed.</param>
/// <param name="Replica">The one that ended it; null where none was found that takes the request.</param>
/// <param name="AnswerTokens">Of the whole answer, this attempt's and those of the earlier ones.</param>
/// <param name="IsCancelled">Whether nobody wants the answer any more.</param>
/// <param name="IsTaken">Whether the replica had taken the attempt; else it refused it, or was gone already.</param>
/// <param name="MayWait">Whether the request may wait longer for a replica that takes it.</param>
public readonly record struct AttemptEnd(
    FinishReason Finish, RequestFailure? Failure, string? Replica, int AnswerTokens, bool IsCancelled, bool IsTaken = true, bool MayWait = false);
