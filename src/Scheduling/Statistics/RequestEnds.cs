using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>Sums up requests that are done for the statistics.</summary>
public static class RequestEnds
{
    /// <summary>Who was refused has not failed.</summary>
    public static bool HasFailed(RequestEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return end.Finish is FinishReason.Failed or FinishReason.Interrupted && !end.IsRefused;
    }

    /// <param name="request">What was asked for.</param>
    /// <param name="finish">How it ended; null counts as failed.</param>
    /// <param name="failure">Set where it failed.</param>
    /// <param name="timeline">Null where it never came so far as to have one.</param>
    /// <param name="readerKey">Grain key of the replica that it was with last, for the prompt or all of it; null where it came to none.</param>
    /// <param name="writerKey">Grain key of the one that was to write its answer; null where the first one was to do both.</param>
    public static RequestEnd Of(
        GenerationRequest request, FinishReason? finish, RequestFailure? failure, RequestTimeline? timeline, string? readerKey, string? writerKey)
    {
        ArgumentNullException.ThrowIfNull(request);
        timeline ??= new RequestTimeline { AcceptedAt = default };
        var (reader, writer) = Replicas(timeline, Name(readerKey), Name(writerKey));
        return new RequestEnd
        {
            Finish = finish ?? FinishReason.Failed,
            Timeline = timeline with { Devices = [], Replica = reader, DecoderReplica = writer },
            Role = writer.Length > 0 || writerKey is not null ? ReplicaRole.Prefill : ReplicaRole.Mixed,
            CallerId = request.CallerId,
            RequestId = request.Id,
            IsRefused = finish == FinishReason.Failed && IsRefusal(failure, timeline),
        };
    }

    /// <summary>Only a queue or a client's own limits turn a request away; one that has run somewhere was taken once.</summary>
    private static bool IsRefusal(RequestFailure? failure, RequestTimeline timeline) =>
        failure is { Party: FailedParty.Queue or FailedParty.Client } && timeline is { Replays: 0, GeneratedTokens: 0 };

    private static (string Reader, string Writer) Replicas(RequestTimeline timeline, string reader, string writer)
    {
        // A request that was cancelled has no timeline of its replicas. The second token is the first that the decoder writes.
        if (timeline.Replica.Length == 0)
            return (reader, timeline.GeneratedTokens > 1 ? writer : "");
        // Nor has one whose reader was lost without a word: what there is comes from the decoder.
        if (timeline.Replica == writer)
            return (reader, writer);
        return (timeline.Replica, timeline.DecoderReplica);
    }

    /// <summary>"3/r0" of "device/model/3/r0".</summary>
    private static string Name(string? key) => key is null ? "" : string.Join('/', key.Split('/')[^2..]);
}
