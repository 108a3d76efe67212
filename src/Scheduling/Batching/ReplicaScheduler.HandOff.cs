using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <content>The window between the replica that reads a prompt and the one that writes the answer.</content>
public sealed partial class ReplicaScheduler
{
    /// <summary>
    /// Reports that the KV cache of a <see cref="RunMode.PrefillOnly"/> request has arrived where it was sent: the request ends here,
    /// without an update, even if its prompt is being read once more.
    /// </summary>
    /// <returns>False where the request is unknown or has ended.</returns>
    /// <exception cref="InvalidOperationException">It is no prefill part, or has not written its token yet: nothing to hand on.</exception>
    public bool ReleaseHeld(string requestId)
    {
        var sequence = _sequences.Find(requestId);
        if ((sequence?.Request ?? _queue.Find(requestId)) is not { } request)
            return false;
        if (request.Mode != RunMode.PrefillOnly || !request.HasWritten)
            throw new InvalidOperationException($"Request {requestId} has nothing to hand on yet.");
        if (sequence is null)
            _queue.Remove(requestId);
        else
            _sequences.Close(sequence);
        _handedOffRequests++;
        return true;
    }

    /// <summary>
    /// Reports that every stage has taken in the KV cache of a <see cref="RunMode.DecodeOnly"/> request. Its answer goes on from there;
    /// the tokens named here have been delivered and are not reported again, but count towards its limit.
    /// </summary>
    /// <param name="reservation">
    /// From <see cref="StepPlan.KvReservations"/>. Ignored where it is not, or no longer, that of a waiting request.
    /// </param>
    /// <param name="positions">
    /// Positions that the slot holds: all that the prefill part had to read, and of the answer at most all but its last token.
    /// </param>
    /// <param name="answer">The whole answer so far: what the request began with, and one token more at least.</param>
    /// <returns>The request's last update where the answer was complete already, or else null.</returns>
    /// <exception cref="ArgumentException">Positions and answer do not fit the request; nothing is changed.</exception>
    public RequestUpdate? KvArrived(KvReservation reservation, int positions, ImmutableArray<int> answer)
    {
        if (Waiting(reservation) is not { } sequence)
            return null;
        var request = sequence.Request;
        var prompt = request.Request.PromptTokens.Length;
        if (answer.IsDefaultOrEmpty || answer.Length <= request.BegunTokens || answer.Length > request.AnswerLimitTokens)
            throw new ArgumentException(
                $"An answer of {(answer.IsDefault ? 0 : answer.Length)} tokens came; it must have {request.BegunTokens + 1} to " +
                $"{request.AnswerLimitTokens}.",
                nameof(answer));
        ThrowUnlessContinued(request, answer);
        if (positions < prompt + request.BegunTokens || positions >= prompt + answer.Length)
            throw new ArgumentException(
                $"{positions} positions came for a prompt of {prompt} tokens and an answer of {answer.Length}.",
                nameof(positions));
        if (prompt + answer.Length > sequence.Cells)
            throw new ArgumentException(
                $"An answer of {answer.Length} tokens came, but the slot has {sequence.Cells - prompt} cells for it (CellMarginTokens).",
                nameof(answer));

        request.ContinueWhole(answer);
        request.FailedSteps = 0;
        sequence.TakeIn(positions);
        _sequences.OnConfirmed(sequence);
        return EndIfComplete(sequence);
    }

    /// <summary>Reports that the KV cache of a <see cref="RunMode.DecodeOnly"/> request will not come, or came damaged.</summary>
    /// <param name="reservation">As for <see cref="KvArrived"/>.</param>
    /// <param name="failure">
    /// What the request is told if it is given up (<see cref="SchedulerOptions.MaxFailedSteps"/>); the phase is filled in.
    /// </param>
    /// <param name="recovery">What becomes of it otherwise.</param>
    /// <param name="answer">
    /// <see cref="KvRecovery.ReadHere"/>: the whole answer that has been delivered; it is not reported again. Empty: what the request
    /// began with.
    /// </param>
    /// <returns>The request's last update where it is given up or its answer was complete already, or else null.</returns>
    /// <exception cref="ArgumentException">The answer is not one that the request could have; nothing is changed.</exception>
    public RequestUpdate? KvFailed(
        KvReservation reservation, RequestFailure failure, KvRecovery recovery, double nowSeconds, ImmutableArray<int> answer = default)
    {
        if (Waiting(reservation) is not { } sequence)
            return null;
        if (recovery == KvRecovery.ReadHere && !answer.IsDefaultOrEmpty)
            ThrowUnlessContinued(sequence.Request, answer);
        if (recovery == KvRecovery.Fail || ++sequence.Request.FailedSteps >= _options.MaxFailedSteps)
            return End(sequence, [], FinishReason.Failed, failure);

        // Some stages may hold some of the cache: the slot is closed, whoever gets it next.
        if (recovery == KvRecovery.ReadHere)
        {
            sequence.Request.ContinueWhole(answer.IsDefaultOrEmpty ? sequence.Request.Request.Answer : answer);
            if (EndIfComplete(sequence) is { } last)
                return last;
        }

        Requeue(sequence, nowSeconds);
        return null;
    }

    /// <summary>Ends an answer that was written elsewhere to its end.</summary>
    private RequestUpdate? EndIfComplete(SequenceState sequence)
    {
        var request = sequence.Request;
        if (request.HasWritten && request.Request.StopTokens.Contains(request.TokenAt(request.KnownTokens - 1)))
            return End(sequence, [], FinishReason.Stop, null);
        return request.AnswerTokens < request.AnswerLimitTokens ? null : End(sequence, [], FinishReason.Length, null);
    }

    private static void ThrowUnlessContinued(RequestState request, ImmutableArray<int> answer)
    {
        if (!request.IsContinuedBy(answer))
            throw new ArgumentException(
                $"An answer of {answer.Length} tokens came that does not begin with the {request.AnswerTokens} of request {request.Id}.", nameof(answer));
    }

    private SequenceState? Waiting(KvReservation reservation) =>
        _sequences.Find(reservation.RequestId) is { AwaitsKv: true } sequence && sequence.OpenedInStep == reservation.StepNumber
            ? sequence
            : null;
}
