using E2LLM.Core.Statistics;
using E2LLM.Scheduling.Statistics;

namespace E2LLM.Scheduling.Tests.Statistics;

/// <summary>What is told again after a kill is counted once.</summary>
public sealed class CountedRequestsTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Add_ToldTwice_IsCountedOnce()
    {
        var table = new StatisticsTable(new StatisticsJournal());

        Assert.True(table.Add(End("a"), Start));
        Assert.False(table.Add(End("a"), Start.AddSeconds(30)));

        Assert.Equal(1, table.ToStatistics().Whole.Requests);
    }

    [Fact]
    public void Add_SameIdAcceptedAgain_IsAnotherRequest()
    {
        var table = new StatisticsTable(new StatisticsJournal());
        var again = End("a") with { Timeline = End("a").Timeline with { AcceptedAt = Start.AddSeconds(1) } };

        Assert.True(table.Add(End("a"), Start));
        Assert.True(table.Add(again, Start));
    }

    [Fact]
    public void Add_WithoutAnId_IsAlwaysCounted()
    {
        var table = new StatisticsTable(new StatisticsJournal());

        Assert.True(table.Add(TestEnds.Mixed(), Start));
        Assert.True(table.Add(TestEnds.Mixed(), Start));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3600)]
    [InlineData(1_000_000)]
    public void Add_ToldAgainAfterARestart_CountsThoseAloneThatWereNotStored(int secondsLater)
    {
        var before = new StatisticsTable(new StatisticsJournal());
        for (var request = 0; request < 50; request++)
            before.Add(End($"r{request}"), Start.AddSeconds(request));
        var stored = before.ToJournal();

        var after = new StatisticsTable(stored);
        for (var request = 20; request < 55; request++) // the silo tells of some more than it need
            after.Add(End($"r{request}"), Start.AddSeconds(50 + secondsLater));

        Assert.Equal(55, after.ToStatistics().Whole.Requests);
    }

    [Fact]
    public void Add_ToldAgainAfterAWhileWithoutRequests_IsCountedOnce()
    {
        var table = new StatisticsTable(new StatisticsJournal());
        table.Add(End("a"), Start);
        table.Add(End("b"), Start);

        Assert.True(table.Add(End("new"), Start.AddHours(1)));

        Assert.False(table.Add(End("a"), Start.AddHours(1)));
        Assert.False(table.Add(End("b"), Start.AddHours(1)));
    }

    [Fact]
    public void ToJournal_RequestsThatKeepComing_AreForgottenAfterAMinute()
    {
        var table = new StatisticsTable(new StatisticsJournal());

        for (var second = 0; second < 1000; second++)
            table.Add(End($"r{second}"), Start.AddSeconds(second));

        Assert.InRange(table.ToJournal().CountedLast.Length, 60, 62);
    }

    private static RequestEnd End(string id) => TestEnds.Mixed() with { RequestId = id };
}
