using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Scheduling.Statistics;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Statistics;

public sealed class RequestEndsTests
{
    private static readonly (string? Reader, string? Writer) Nowhere = default;

    private static readonly (string? Reader, string? Writer) Mixed = ("a/model/3/r0", null);

    private static readonly (string? Reader, string? Writer) Split = ("a/model/3/r0", "c/model/3/r1");

    [Fact]
    public void Of_OneReplica_IsMixed() =>
        Assert.Equal((ReplicaRole.Mixed, "3/r0", ""), Replicas(Timeline(replica: "3/r0", generatedTokens: 5), Mixed));

    [Fact]
    public void Of_TwoReplicas_IsPrefillAndDecoder() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", "3/r1"), Replicas(Timeline(replica: "3/r0", "3/r1", generatedTokens: 5), Split));

    [Fact]
    public void Of_AnswerThatEndedBeforeTheHandOff_IsOfThePrefillReplicaAlone() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", ""), Replicas(Timeline(replica: "3/r0", generatedTokens: 1), Split));

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "")]
    [InlineData(2, "3/r1")]
    public void Of_CancelledWithoutAWordOfItsReplicas_IsOfThoseThatItWasWith(int generatedTokens, string decoder) =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", decoder), Replicas(Timeline(replica: "", generatedTokens: generatedTokens), Split));

    [Fact]
    public void Of_ReaderLostWithoutAWord_IsStillOfBoth() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", "3/r1"), Replicas(Timeline(replica: "3/r1", generatedTokens: 5), Split));

    [Fact]
    public void Of_NoRoute_IsOfNoReplica() =>
        Assert.Equal((ReplicaRole.Mixed, "", ""), Replicas(Timeline(replica: "", generatedTokens: 0), Nowhere));

    [Fact]
    public void Of_AnyRequest_LeavesItsDevicesBehind()
    {
        var end = Of(Timeline(replica: "3/r0", generatedTokens: 5), Mixed);

        Assert.Empty(end.Timeline.Devices);
        Assert.Equal((FinishReason.Length, 5), (end.Finish, end.Timeline.GeneratedTokens));
    }

    [Fact]
    public void Of_AnyRequest_NamesItsCaller() => Assert.Equal("alice", Of(Timeline(replica: "3/r0"), Mixed).CallerId);

    [Fact]
    public void Of_RequestWithoutFinishAndTimeline_HasFailed() =>
        Assert.Equal(FinishReason.Failed, RequestEnds.Of(TestRequests.Request("done"), null, null, null, null, null).Finish);

    [Theory]
    [InlineData(FailedParty.Queue, 0, 0, true)]
    [InlineData(FailedParty.Client, 0, 0, true)]
    [InlineData(FailedParty.Plan, 0, 0, false)]
    [InlineData(FailedParty.Stage, 0, 0, false)]
    [InlineData(FailedParty.Queue, 1, 0, false)]
    [InlineData(FailedParty.Queue, 0, 1, false)]
    public void Of_FailureBeforeAnyReplicaTookIt_IsARefusalWhereTheQueueOrTheClientIsToBlame(FailedParty party, int replays, int tokens, bool isRefusal)
    {
        var failure = new RequestFailure { Party = party, Phase = RequestPhase.Queued, Message = "no" };

        var end = RequestEnds.Of(
            TestRequests.Request("no"), FinishReason.Failed, failure, Timeline(replica: "", generatedTokens: tokens) with { Replays = replays }, "device/m/3/r0", null);

        Assert.Equal((isRefusal, !isRefusal), (end.IsRefused, RequestEnds.HasFailed(end)));
    }

    private static (ReplicaRole Role, string Reader, string Writer) Replicas(RequestTimeline timeline, (string? Reader, string? Writer) keys)
    {
        var end = Of(timeline, keys);
        return (end.Role, end.Timeline.Replica, end.Timeline.DecoderReplica);
    }

    private static RequestEnd Of(RequestTimeline timeline, (string? Reader, string? Writer) keys) => RequestEnds.Of(
        TestRequests.Request("done") with { CallerId = "alice" }, FinishReason.Length, failure: null, timeline, keys.Reader, keys.Writer);

    private static RequestTimeline Timeline(string replica, string decoderReplica = "", int generatedTokens = 0) => new()
    {
        AcceptedAt = default,
        GeneratedTokens = generatedTokens,
        Replica = replica,
        DecoderReplica = decoderReplica,
        Devices = [new DeviceTime("a", 0, 1, 1, 1)],
    };
}
