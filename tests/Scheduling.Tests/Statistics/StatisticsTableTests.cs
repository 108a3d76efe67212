using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Scheduling.Statistics;

namespace E2LLM.Scheduling.Tests.Statistics;

public sealed class StatisticsTableTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Add_OneReplica_HasAllFiguresOfTheRequest()
    {
        var statistics = Of(TestEnds.Mixed());

        var replica = Assert.Single(statistics.Replicas);
        Assert.Equal((ReplicaRole.Mixed, "1/r0", 1, 30, 4), (replica.Role, replica.Replica, replica.Requests, replica.PromptTokens, replica.GeneratedTokens));
        Assert.Equal(
            ["Wait 1", "QueueWait 1", "Prefill 2", "TimeToFirstToken 4", "TimePerOutputToken 2", "InterToken 2", "EndToEnd 11"],
            Means(replica));
        Assert.Equal(Means(replica), Means(statistics.Whole));
        Assert.Equal(3, replica.Find(RequestFigure.InterToken)!.Count);
        Assert.Equal(Means(replica), Means(Assert.Single(statistics.Roles)));
    }

    [Fact]
    public void Add_TwoReplicas_EachAnswersForItsSide()
    {
        var statistics = Of(TestEnds.Split());

        Assert.Equal(["1/r0 Prefill", "1/r1 Decoder"], statistics.Replicas.Select(replica => $"{replica.Replica} {replica.Role}"));
        var (reader, writer) = (statistics.Replicas[0], statistics.Replicas[1]);
        Assert.Equal(["Wait 1", "QueueWait 1", "Prefill 2", "TimeToFirstToken 4", "KvTransfer 0.5", "KvBytes 1000"], Means(reader));
        Assert.Equal(["Wait 0.25", "SlotWait 0.5", "DecoderWait 0.25", "TimePerOutputToken 2", "InterToken 2"], Means(writer));
        Assert.Equal((30, 0, 0, 4), (reader.PromptTokens, reader.GeneratedTokens, writer.PromptTokens, writer.GeneratedTokens));
        Assert.Equal(
            [
                "Wait 1.25", "QueueWait 1", "SlotWait 0.5", "DecoderWait 0.25", "Prefill 2", "TimeToFirstToken 4", "TimePerOutputToken 2", "InterToken 2",
                "EndToEnd 11", "KvTransfer 0.5", "KvBytes 1000",
            ],
            Means(statistics.Whole));
        Assert.Equal((1, 30, 4), (statistics.Whole.Requests, statistics.Whole.PromptTokens, statistics.Whole.GeneratedTokens));
    }

    [Fact]
    public void Add_Refused_IsCountedApartFromTheFailures()
    {
        var statistics = Of(TestEnds.Mixed(), TestEnds.Mixed(finish: FinishReason.Failed) with { IsRefused = true });

        Assert.Equal((2, 0, 1), (statistics.Whole.Requests, statistics.Whole.Failed, statistics.Whole.Refused));
    }

    [Fact]
    public void Add_FailedAndCancelled_AreCountedButNotMeasured()
    {
        var statistics = Of(
            TestEnds.Mixed(), TestEnds.Mixed(finish: FinishReason.Cancelled), TestEnds.Split(finish: FinishReason.Failed, replays: 2), TestEnds.Mixed(replica: "", FinishReason.Failed));

        var whole = statistics.Whole;
        Assert.Equal((4, 2, 1, 2), (whole.Requests, whole.Failed, whole.Cancelled, whole.Replays));
        Assert.Equal(1, whole.Find(RequestFigure.EndToEnd)!.Count);
        Assert.Equal(
            ["Mixed 2 0 1 0", "Prefill 1 1 0 2", "Decoder 1 1 0 2"],
            statistics.Roles.Select(role => $"{role.Role} {role.Requests} {role.Failed} {role.Cancelled} {role.Replays}"));
    }

    [Fact]
    public void Add_NewGenerations_ReplaceTheReplicasOfTheOldest()
    {
        var statistics = Of([.. Enumerable.Range(7, 6).SelectMany(generation => new[] { TestEnds.Mixed($"{generation}/r0"), TestEnds.Mixed($"{generation}/r1") }), TestEnds.Mixed("2/r0")]);

        Assert.Equal(
            Enumerable.Range(0, StatisticsTable.MaxGenerations).SelectMany(age => new[] { $"{12 - age}/r0", $"{12 - age}/r1" }),
            statistics.Replicas.Select(replica => replica.Replica));
        Assert.Equal((13, 13), (statistics.Whole.Requests, Assert.Single(statistics.Roles).Requests));
    }

    [Fact]
    public void ToJournal_OfATable_MakesTheSameTable()
    {
        var table = new StatisticsTable(new StatisticsJournal());
        for (var request = 0; request < 100; request++)
        {
            table.Add(TestEnds.Mixed(queueWaitSeconds: request * 0.01), Now.AddSeconds(request));
            table.Add(TestEnds.Split("2/r0", "2/r1"), Now.AddSeconds(request));
        }

        var restored = new StatisticsTable(table.ToJournal());

        Assert.Equal(Describe(table.ToStatistics()), Describe(restored.ToStatistics()));
        Assert.Equal(Now, restored.ToStatistics().Since);
        restored.Add(TestEnds.Mixed(), Now.AddDays(1));
        Assert.Equal((201, Now), (restored.ToStatistics().Whole.Requests, restored.ToStatistics().Since));
    }

    [Fact]
    public void Add_TimesThatMakeNoSense_AreLeftOut()
    {
        var end = TestEnds.Mixed();

        var statistics = Of(end with { Timeline = end.Timeline with { PrefillStartSeconds = double.NaN, PrefillEndSeconds = -1, DoneSeconds = double.PositiveInfinity } });

        Assert.Equal(["TimeToFirstToken 4", "TimePerOutputToken 2", "InterToken 2"], Means(statistics.Whole));
    }

    private static RequestStatistics Of(params RequestEnd[] ends)
    {
        var table = new StatisticsTable(new StatisticsJournal());
        foreach (var end in ends)
            table.Add(end, Now);
        return table.ToStatistics();
    }

    private static IEnumerable<string> Means(RequestGroupStatistics group) => group.Figures.Select(figure => FormattableString.Invariant($"{figure.Figure} {figure.Values.Mean}"));

    private static IEnumerable<string> Describe(RequestStatistics statistics) =>
        statistics.Roles.Prepend(statistics.Whole).Concat(statistics.Replicas).Select(group => $"{group with { Figures = [] }}: {string.Join(", ", group.Figures)}");
}
