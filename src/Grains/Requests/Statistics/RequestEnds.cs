using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>Sums up requests that are done for the statistics.</summary>
public static class RequestEnds
{
    /// <param name="record">Done.</param>
    /// <param name="route">The last one that it took; null where it came to none.</param>
    public static RequestEnd Of(RequestRecord record, ReplicaRoute? route)
    {
        ArgumentNullException.ThrowIfNull(record);
        var timeline = record.Timeline ?? new RequestTimeline { AcceptedAt = default };
        var (reader, writer) = Replicas(timeline, Name(route?.PrefillKey), Name(route?.DecoderKey));
        return new RequestEnd
        {
            Finish = record.Finish ?? FinishReason.Failed,
            Timeline = timeline with { Devices = [], Replica = reader, DecoderReplica = writer },
            Role = writer.Length > 0 || route?.DecoderKey is not null ? ReplicaRole.Prefill : ReplicaRole.Mixed,
        };
    }

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
