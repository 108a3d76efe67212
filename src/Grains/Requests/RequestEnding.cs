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
    /// <param name="stop">What a run that was stopped counts as, and how many of its tokens count. A reader that has enough has it however the run ended.</param>
    public static RequestRecord Of(
        RequestRecord record, AttemptResult result, RequestRun run, AnswerLog answer, (FinishReason Finish, int Tokens) stop)
    {
        var ended = record with
        {
            Phase = RequestPhase.Done,
            GeneratedTokens = answer.From(0),
            Finish = result.Finish,
            Failure = result.Failure,
            Timeline = Timeline(record.Timeline!, result, run, answer),
        };
        if (stop.Finish == FinishReason.Stop)
            return Stopped(ended, answer, stop.Tokens);
        if (result.Finish != FinishReason.Cancelled)
            return ended;
        return ended with { Finish = stop.Finish, Failure = stop.Finish == FinishReason.Interrupted ? RequestFailure.ServerStopping(record.Phase) : null };
    }

    /// <summary>A record of which its reader had all that it wants after so many tokens.</summary>
    public static RequestRecord Stopped(RequestRecord ended, AnswerLog answer, int tokens)
    {
        tokens = Math.Min(tokens, answer.Count);
        return ended with
        {
            GeneratedTokens = answer.Take(tokens),
            Finish = FinishReason.Stop,
            Failure = null,
            Timeline = tokens == answer.Count ? ended.Timeline : ended.Timeline! with
            {
                LastTokenSeconds = Later(answer.LastTokenSecondsOf(tokens), ended.Timeline.FirstTokenSeconds),
                GeneratedTokens = tokens,
                PackedTokenTimes = answer.PackTimes(tokens),
            },
        };
    }

    /// <summary>
    /// Whether nobody has had anything of a request, so that its id is free: it was interrupted before its first token, or turned away
    /// before a replica took it.
    /// </summary>
    public static bool MayBeSentAgain(RequestRecord known) => known switch
    {
        { Finish: FinishReason.Interrupted, Failure.Phase: < RequestPhase.Decode } => true,
        { Finish: FinishReason.Failed, Failure: { Party: FailedParty.Queue or FailedParty.Plan, MayRetry: true }, GeneratedTokens.IsDefaultOrEmpty: true } => true,
        _ => false,
    };

    /// <summary>Of a request whose silo went without a word.</summary>
    /// <param name="phase">How far it had come.</param>
    public static RequestFailure Interruption(RequestPhase phase) => new()
    {
        Party = FailedParty.Link,
        Phase = phase,
        Message = "The silo that ran the request is gone, and what was not answered with it.",
        MayRetry = true,
    };

    /// <summary>
    /// A replica counts from its own queue, the request from the moment it was accepted. Where no replica lived to say, there is what
    /// the request has seen itself. One that was stopped may have gone on for a moment: tokens that came to nobody have no times.
    /// </summary>
    private static RequestTimeline Timeline(RequestTimeline accepted, AttemptResult result, RequestRun run, AnswerLog answer)
    {
        var replica = result.Timeline;
        var mine = accepted with
        {
            FirstTokenSeconds = answer.FirstTokenSeconds,
            LastTokenSeconds = answer.LastTokenSeconds,
            GeneratedTokens = answer.Count,
            PackedTokenTimes = answer.PackTimes(answer.Count),
            DoneSeconds = answer.ElapsedSeconds,
            Replays = run.Replays,
        };
        var submitted = run.SubmittedSeconds;
        return replica is null ? mine : mine with
        {
            QueuedSeconds = submitted,
            PrefillStartSeconds = submitted + replica.PrefillStartSeconds,
            PrefillEndSeconds = submitted + replica.PrefillEndSeconds,
            FirstTokenSeconds = run.Replays > 0 || answer.Count == 0 ? answer.FirstTokenSeconds : submitted + replica.FirstTokenSeconds,
            LastTokenSeconds = result.Finish == FinishReason.Cancelled ? answer.LastTokenSeconds : submitted + replica.LastTokenSeconds,
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

    /// <summary>Of two clocks, one of which is packed to 0.1 ms.</summary>
    private static double? Later(double? last, double? first) => last < first ? first : last;
}
