using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>The record of a request that is done.</summary>
internal static class RequestEnding
{
    /// <param name="record">As accepted.</param>
    /// <param name="result">Of the last attempt.</param>
    /// <param name="run">All attempts.</param>
    /// <param name="answer">What was written.</param>
    /// <param name="stop">What a run that was stopped counts as, and how many of its tokens count.</param>
    public static RequestRecord Of(
        RequestRecord record, AttemptResult result, RequestRun run, AnswerLog answer, (FinishReason Finish, int Tokens) stop)
    {
        var isStopped = result.Finish == FinishReason.Cancelled;
        var tokens = isStopped ? Math.Min(stop.Tokens, answer.Count) : answer.Count;
        return record with
        {
            Phase = RequestPhase.Done,
            GeneratedTokens = answer.Take(tokens),
            Finish = isStopped ? stop.Finish : result.Finish,
            Failure = isStopped && stop.Finish == FinishReason.Interrupted ? Interruption(record.Phase) : result.Failure,
            Timeline = Timeline(record.Timeline!, result.Timeline, run, answer, tokens),
        };
    }

    /// <param name="phase">How far it had come.</param>
    public static RequestFailure Interruption(RequestPhase phase) => new()
    {
        Party = FailedParty.Link,
        Phase = phase,
        Message = "The silo that ran the request is gone, and what was not answered with it.",
        MayRetry = true,
    };

    /// <summary>
    /// A replica counts from its own queue, the request from the moment it was accepted. Where no replica lived to say, or it was
    /// stopped, there is what the request has seen itself.
    /// </summary>
    private static RequestTimeline Timeline(RequestTimeline accepted, RequestTimeline? replica, RequestRun run, AnswerLog answer, int tokens)
    {
        var mine = accepted with
        {
            FirstTokenSeconds = answer.FirstTokenSeconds,
            LastTokenSeconds = answer.LastTokenSeconds,
            GeneratedTokens = tokens,
            PackedTokenTimes = answer.PackTimes(tokens),
            DoneSeconds = answer.ElapsedSeconds,
            Replays = run.Replays,
        };
        var submitted = run.SubmittedSeconds;
        return replica is null ? mine : mine with
        {
            QueuedSeconds = submitted,
            PrefillStartSeconds = submitted + replica.PrefillStartSeconds,
            PrefillEndSeconds = submitted + replica.PrefillEndSeconds,
            FirstTokenSeconds = run.Replays > 0 ? answer.FirstTokenSeconds : submitted + replica.FirstTokenSeconds,
            LastTokenSeconds = submitted + replica.LastTokenSeconds,
            DecoderSlotSeconds = submitted + replica.DecoderSlotSeconds,
            KvSentSeconds = submitted + replica.KvSentSeconds,
            DecodeStartSeconds = submitted + replica.DecodeStartSeconds,
            KvBytes = replica.KvBytes,
            KvTransferSeconds = replica.KvTransferSeconds,
            Replica = replica.Replica,
            DecoderReplica = replica.DecoderReplica,
            Devices = replica.Devices,
        };
    }
}
