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
/// a full queue                     otherwise                                     another attempt, after a pause
/// a failure, an unasked end        attempts are left                             another attempt, at once
/// </code>
/// A replica that ended an attempt is avoided from then on: it is taken only where nobody else can serve the request.
/// </remarks>
/// <param name="request">As the client sent it.</param>
/// <param name="maxReplays">Attempts after the first one; 0 or more.</param>
public sealed class ReplayPolicy(GenerationRequest request, int maxReplays)
{
    /// <summary>A replica that is full, of all that are left, is not asked again at once.</summary>
    public const double FullReplicaPauseSeconds = 0.5;

    private readonly List<string> _failedReplicas = [];

    /// <summary>How often the request went on elsewhere.</summary>
    public int Replays { get; private set; }

    /// <summary>Replicas that have ended an attempt.</summary>
    public ImmutableArray<string> Avoid => [.. _failedReplicas];

    /// <summary>
    /// The next attempt, as its replicas get it. It has an id of its own: what an earlier one left on its way, an end or a late token,
    /// cannot meet it.
    /// </summary>
    /// <param name="answer">So far.</param>
    public GenerationRequest Next(ImmutableArray<int> answer) => Replays == 0 ? request : request with
    {
        Id = $"{request.Id}~{Replays}",
        Answer = answer,
        // It has waited already, and was promised its start once.
        Priority = RequestPriority.High,
        DeadlineSeconds = null,
    };

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
        var hasBegun = Replays > 0 || end.AnswerTokens > 0;
        if (!failure.MayRetry || end.Replica is null || Replays >= maxReplays || (isFull && !hasBegun))
            return new ReplayDecision.End(FinishReason.Failed, failure);

        Replays++;
        if (!_failedReplicas.Contains(end.Replica))
            _failedReplicas.Add(end.Replica);
        return new ReplayDecision.GoOn(isFull ? FullReplicaPauseSeconds : 0);
    }
}
