using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Replay;

/// <summary>
/// Where a request goes on when its replicas fail, after what, and how often. A draw depends on the seed and the position alone, so
/// an attempt needs nothing of the one before but its answer.
/// </summary>
/// <remarks>
/// <code>
/// an attempt ended with            and                                           then
/// Stop, Length                                                                   the answer has ended
/// anything else                    the reader has cancelled                      ended as cancelled: it is nobody's failure any more
/// a failure                        the answer has all the tokens it may have     ended with Length: only the word was lost
/// a failure                        a retry is of no use                          ended with the failure
/// a failure                        no replica was found                          ended with the failure: it has been waited for
/// a full queue                     nothing has begun, no replica had it before   ended with the failure: the client is told at once
/// a failure                        no replica had taken it, and it may wait      another attempt, at once; after a pause where the replica
///                                                                                was avoided already: there is nobody else at the time
/// a full queue                     otherwise                                     another attempt, after a pause
/// a failure, an unasked end        attempts are left                             another attempt, at once
/// </code>
/// A replica that ended an attempt is avoided from then on: it is taken only where nobody else can serve the request. What no replica has taken is
/// no attempt of the limited number: replicas that stop with their silos refuse many times in a moment.
/// </remarks>
/// <param name="request">As the client sent it.</param>
/// <param name="maxReplays">Attempts after the first one; 0 or more.</param>
public sealed class ReplayPolicy(GenerationRequest request, int maxReplays)
{
    /// <summary>A replica that is full, of all that are left, is not asked again at once.</summary>
    public const double FullReplicaPauseSeconds = 0.5;

    /// <summary>A replica that has just refused a request is not asked again at once.</summary>
    public const double RefusedPauseSeconds = 0.1;

    private readonly List<string> _failedReplicas = [];
    private int _attempts;

    /// <summary>How often the request went on elsewhere.</summary>
    public int Replays { get; private set; }

    /// <summary>Replicas that have ended an attempt.</summary>
    public ImmutableArray<string> Avoid => [.. _failedReplicas];

    /// <summary>
    /// The next attempt, as its replicas get it. It has an id of its own: what an earlier one left on its way, an end or a late token,
    /// cannot meet it.
    /// </summary>
    /// <param name="answer">So far.</param>
    public GenerationRequest Next(ImmutableArray<int> answer)
    {
        if (_attempts == 0)
            return request;
        var next = request with { Id = $"{request.Id}~{_attempts}", Answer = answer };
        // It has waited already, and was promised its start once.
        return HasBegun(answer.Length) ? next with { Priority = RequestPriority.High, DeadlineSeconds = null } : next;
    }

    /// <summary>An attempt has ended; what follows counts as decided.</summary>
    public ReplayDecision After(AttemptEnd end)
    {
        if (end.Finish is FinishReason.Stop or FinishReason.Length)
            return new ReplayDecision.End(end.Finish, null);
        if (end.IsCancelled)
            return new ReplayDecision.End(FinishReason.Cancelled, null);
        if (end.AnswerTokens >= request.MaxTokens)
            return new ReplayDecision.End(FinishReason.Length, null);
        var failure = end.Failure ?? new RequestFailure
        {
            Party = FailedParty.Stage,
            Phase = end.AnswerTokens > 0 ? RequestPhase.Decode : RequestPhase.Queued,
            Message = "A replica ended the request unasked, and without a reason.",
            MayRetry = true,
        };
        var isFull = failure.Party == FailedParty.Queue;
        if (!failure.MayRetry || end.Replica is null || maxReplays == 0 || (isFull && !HasBegun(end.AnswerTokens)))
            return new ReplayDecision.End(FinishReason.Failed, failure);
        var isFree = !end.IsTaken && end.MayWait;
        if (!isFree && Replays >= maxReplays)
            return new ReplayDecision.End(FinishReason.Failed, failure);

        _attempts++;
        if (!isFree)
            Replays++;
        var isAvoided = _failedReplicas.Contains(end.Replica);
        if (!isAvoided)
            _failedReplicas.Add(end.Replica);
        return new ReplayDecision.GoOn(isFull ? FullReplicaPauseSeconds : isFree && isAvoided ? RefusedPauseSeconds : 0);
    }

    private bool HasBegun(int answerTokens) => Replays > 0 || answerTokens > 0;
}
