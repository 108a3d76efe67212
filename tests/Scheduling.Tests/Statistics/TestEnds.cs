using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Tests.Statistics;

/// <summary>Requests that are done, with times that tell their figures apart.</summary>
internal static class TestEnds
{
    public static RequestEnd Mixed(string replica = "1/r0", FinishReason finish = FinishReason.Stop, double queueWaitSeconds = 1) => new()
    {
        Finish = finish,
        Role = ReplicaRole.Mixed,
        Timeline = Timeline(queueWaitSeconds) with { Replica = replica },
    };

    public static RequestEnd Split(string reader = "1/r0", string writer = "1/r1", FinishReason finish = FinishReason.Length, int replays = 0) => new()
    {
        Finish = finish,
        Role = ReplicaRole.Prefill,
        Timeline = Timeline(1) with
        {
            Replica = reader,
            DecoderReplica = writer,
            DecoderSlotSeconds = 3.5,
            KvSentSeconds = 4,
            DecodeStartSeconds = 4.25,
            KvBytes = 1000,
            KvTransferSeconds = 0.5,
            Replays = replays,
        },
    };

    private static RequestTimeline Timeline(double queueWaitSeconds)
    {
        var times = new TokenTimes();
        foreach (var seconds in new[] { 4.0, 6, 6.5, 10 })
            times.Append(seconds, 1);
        return new RequestTimeline
        {
            AcceptedAt = default,
            PromptTokens = 30,
            GeneratedTokens = 4,
            PrefillStartSeconds = queueWaitSeconds,
            PrefillEndSeconds = 3,
            FirstTokenSeconds = 4,
            LastTokenSeconds = 10,
            DoneSeconds = 11,
            PackedTokenTimes = times.Pack(),
        };
    }
}
