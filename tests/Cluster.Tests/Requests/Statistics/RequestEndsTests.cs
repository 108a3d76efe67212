using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests.Statistics;

namespace E2LLM.Cluster.Tests.Requests.Statistics;

public sealed class RequestEndsTests
{
    private static readonly ReplicaRoute Mixed = new("a/model/3/r0", null);

    private static readonly ReplicaRoute Split = new("a/model/3/r0", "c/model/3/r1");

    [Fact]
    public void Of_OneReplica_IsMixed() =>
        Assert.Equal((ReplicaRole.Mixed, "3/r0", ""), Replicas(Record(replica: "3/r0", generatedTokens: 5), Mixed));

    [Fact]
    public void Of_TwoReplicas_IsPrefillAndDecoder() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", "3/r1"), Replicas(Record(replica: "3/r0", "3/r1", generatedTokens: 5), Split));

    [Fact]
    public void Of_AnswerThatEndedBeforeTheHandOff_IsOfThePrefillReplicaAlone() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", ""), Replicas(Record(replica: "3/r0", generatedTokens: 1), Split));

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "")]
    [InlineData(2, "3/r1")]
    public void Of_CancelledWithoutAWordOfItsReplicas_IsOfThoseThatItWasWith(int generatedTokens, string decoder) =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", decoder), Replicas(Record(replica: "", generatedTokens: generatedTokens), Split));

    [Fact]
    public void Of_ReaderLostWithoutAWord_IsStillOfBoth() =>
        Assert.Equal((ReplicaRole.Prefill, "3/r0", "3/r1"), Replicas(Record(replica: "3/r1", generatedTokens: 5), Split));

    [Fact]
    public void Of_NoRoute_IsOfNoReplica() =>
        Assert.Equal((ReplicaRole.Mixed, "", ""), Replicas(Record(replica: "", generatedTokens: 0), null));

    [Fact]
    public void Of_AnyRequest_LeavesItsDevicesBehind()
    {
        var end = RequestEnds.Of(Record(replica: "3/r0", generatedTokens: 5), Mixed);

        Assert.Empty(end.Timeline.Devices);
        Assert.Equal((FinishReason.Length, 5), (end.Finish, end.Timeline.GeneratedTokens));
    }

    private static (ReplicaRole Role, string Reader, string Writer) Replicas(RequestRecord record, ReplicaRoute? route)
    {
        var end = RequestEnds.Of(record, route);
        return (end.Role, end.Timeline.Replica, end.Timeline.DecoderReplica);
    }

    private static RequestRecord Record(string replica, string decoderReplica = "", int generatedTokens = 0) => new()
    {
        Request = Synthetic.Request("done"),
        Phase = RequestPhase.Done,
        Finish = FinishReason.Length,
        Timeline = new RequestTimeline
        {
            AcceptedAt = default,
            GeneratedTokens = generatedTokens,
            Replica = replica,
            DecoderReplica = decoderReplica,
            Devices = [new DeviceTime("a", 0, 1, 1, 1)],
        },
    };
}
