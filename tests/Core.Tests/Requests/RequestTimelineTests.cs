using E2LLM.Core.Requests;

namespace E2LLM.Core.Tests.Requests;

public sealed class RequestTimelineTests
{
    private static readonly RequestTimeline Mixed = new()
    {
        AcceptedAt = default,
        QueuedSeconds = 0.5,
        PrefillStartSeconds = 1,
        PrefillEndSeconds = 3,
        FirstTokenSeconds = 4,
        LastTokenSeconds = 10,
        DoneSeconds = 11,
        GeneratedTokens = 4,
    };

    private static readonly RequestTimeline Split = Mixed with { DecoderSlotSeconds = 5, KvSentSeconds = 6, DecodeStartSeconds = 8 };

    [Fact]
    public void WaitSeconds_OneReplica_IsFromArrivalToPrefill() =>
        Assert.Equal((1, 1, null, null), (Mixed.WaitSeconds, Mixed.QueueWaitSeconds, Mixed.DecoderWaitSeconds, Mixed.SlotWaitSeconds));

    [Fact]
    public void WaitSeconds_HandOff_AddsTheCacheThatLayReady() =>
        Assert.Equal((3, 1, 2), (Split.WaitSeconds, Split.QueueWaitSeconds, Split.DecoderWaitSeconds));

    [Fact]
    public void SlotWaitSeconds_DecoderHadRoomBeforeThePromptWasRead_IsNone()
    {
        Assert.Equal(2, Split.SlotWaitSeconds);
        Assert.Equal(0, (Split with { DecoderSlotSeconds = 2 }).SlotWaitSeconds);
    }

    [Fact]
    public void Latencies_WholeAnswer_CountFromAcceptance() => Assert.Equal(
        (2, 4, 2, 11),
        (Mixed.PrefillSeconds, Mixed.TimeToFirstTokenSeconds, Mixed.SecondsPerOutputToken, Mixed.EndToEndSeconds));

    [Fact]
    public void Latencies_NeverBegun_AreNull()
    {
        var timeline = new RequestTimeline { AcceptedAt = default, DoneSeconds = 3, GeneratedTokens = 2 };

        Assert.All(
            [timeline.WaitSeconds, timeline.DecoderWaitSeconds, timeline.SlotWaitSeconds, timeline.PrefillSeconds, timeline.TimeToFirstTokenSeconds, timeline.SecondsPerOutputToken],
            seconds => Assert.Null(seconds));
        Assert.Empty(timeline.TokenSeconds);
    }
}
