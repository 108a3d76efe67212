using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>Whose figures are whose, of a request that two replicas served.</summary>
internal static class RequestFigures
{
    /// <summary>
    /// The reader answers for the wait until it began and for all up to the first token and the sent cache; the writer for its own
    /// queue and for the tokens after the first; end to end is of neither alone.
    /// </summary>
    /// <param name="timeline">Of a whole answer.</param>
    /// <param name="side">Mixed: both.</param>
    public static IEnumerable<(RequestFigure Figure, double Value)> Of(RequestTimeline timeline, ReplicaRole side) =>
        All(timeline, side).Where(pair => pair.Value is >= 0 and < double.PositiveInfinity).Select(pair => (pair.Figure, pair.Value!.Value));

    private static IEnumerable<(RequestFigure Figure, double? Value)> All(RequestTimeline timeline, ReplicaRole side)
    {
        if (side != ReplicaRole.Decoder)
        {
            yield return (RequestFigure.QueueWait, timeline.QueueWaitSeconds);
            yield return (RequestFigure.Prefill, timeline.PrefillSeconds);
            yield return (RequestFigure.TimeToFirstToken, timeline.TimeToFirstTokenSeconds);
            yield return (RequestFigure.KvTransfer, timeline.KvTransferSeconds);
            yield return (RequestFigure.KvBytes, timeline.KvSentSeconds is null ? null : timeline.KvBytes);
        }
        if (side != ReplicaRole.Prefill)
        {
            yield return (RequestFigure.SlotWait, timeline.SlotWaitSeconds);
            yield return (RequestFigure.DecoderWait, timeline.DecoderWaitSeconds);
            yield return (RequestFigure.TimePerOutputToken, timeline.SecondsPerOutputToken);
            var tokens = timeline.TokenSeconds;
            for (var index = 1; index < tokens.Length; index++)
                yield return (RequestFigure.InterToken, tokens[index] - tokens[index - 1]);
        }
        if (side == ReplicaRole.Mixed)
            yield return (RequestFigure.EndToEnd, timeline.EndToEndSeconds);
        yield return (RequestFigure.Wait, side switch
        {
            ReplicaRole.Prefill => timeline.QueueWaitSeconds,
            ReplicaRole.Decoder => timeline.DecoderWaitSeconds,
            _ => timeline.WaitSeconds,
        });
    }
}
