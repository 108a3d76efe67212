using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Scheduling.Statistics;

namespace E2LLM.Scheduling.Tests.Statistics;

public sealed class CallerStatisticsTests
{
    private readonly StatisticsTable _table = new(new StatisticsJournal());

    [Fact]
    public void Add_SeveralCallers_CountsEachApartTheBusiestFirst()
    {
        Add("bob", FinishReason.Failed);
        Add("alice");
        Add("alice", FinishReason.Cancelled);

        var statistics = _table.ToStatistics();

        Assert.Equal(
            [
                new CallerStatistics { CallerId = "alice", Requests = 2, Cancelled = 1, PromptTokens = 60, GeneratedTokens = 8 },
                new CallerStatistics { CallerId = "bob", Requests = 1, Failed = 1, PromptTokens = 30, GeneratedTokens = 4 },
            ],
            statistics.Callers.AsEnumerable());
        Assert.Null(statistics.OtherCallers);
    }

    [Fact]
    public void Add_RequestThatTwoReplicasServed_IsCountedOnce()
    {
        _table.Add(TestEnds.Split() with { CallerId = "alice" }, default);

        Assert.Equal((1, 30, 4), Counts(Assert.Single(_table.ToStatistics().Callers)));
    }

    [Fact]
    public void Add_NoName_IsNobodys()
    {
        Add("");

        Assert.Empty(_table.ToStatistics().Callers);
        Assert.Equal(1, _table.ToStatistics().Whole.Requests);
    }

    [Fact]
    public void Add_MoreNamesThanPlaces_KeepsThoseThatComeOftenAndSumsUpTheOthers()
    {
        for (var round = 0; round < 2; round++)
            for (var regular = 0; regular < CallerTable.MaxCallers - 1; regular++)
                Add($"regular {regular}");
        for (var passer = 0; passer < 1000; passer++)
            Add($"passer {passer}");

        var statistics = _table.ToStatistics();

        Assert.Equal(CallerTable.MaxCallers, statistics.Callers.Length);
        Assert.Equal(CallerTable.MaxCallers - 1, statistics.Callers.Count(caller => caller.CallerId.StartsWith("regular") && caller.Requests == 2));
        Assert.Equal("passer 999", statistics.Callers[^1].CallerId);
        Assert.Equal((999, 999 * 30, 999 * 4), Counts(statistics.OtherCallers!));
        Assert.Equal(statistics.Whole.Requests, statistics.Callers.Sum(caller => caller.Requests) + statistics.OtherCallers!.Requests);
    }

    [Fact]
    public void Add_SeveralWithTheFewestRequests_GivesUpTheOneThatHasBeenQuietForLongest()
    {
        for (var caller = 0; caller < CallerTable.MaxCallers; caller++)
            Add($"{caller}");
        Add("0");
        Add("new");

        var names = _table.ToStatistics().Callers.Select(caller => caller.CallerId).ToHashSet();

        Assert.True(names.IsSupersetOf(["0", "2", "new"]));
        Assert.DoesNotContain("1", names);
    }

    [Fact]
    public void Add_CallerThatComesBack_IsCountedOnceInAll()
    {
        for (var caller = 0; caller <= CallerTable.MaxCallers; caller++)
            Add($"{caller}");
        Add("0");

        var statistics = _table.ToStatistics();

        Assert.Equal(1, Assert.Single(statistics.Callers, caller => caller.CallerId == "0").Requests);
        Assert.Equal(2, statistics.OtherCallers!.Requests);
    }

    [Fact]
    public void ToJournal_OfATable_MakesTheSameTableThatGivesUpTheSameCallers()
    {
        for (var caller = 0; caller <= CallerTable.MaxCallers; caller++)
            Add($"{caller}", FinishReason.Cancelled);
        Add("2");
        Add("1");

        var restored = new StatisticsTable(_table.ToJournal());

        AssertSame(_table.ToStatistics(), restored.ToStatistics());
        _table.Add(TestEnds.Mixed() with { CallerId = "new" }, default);
        restored.Add(TestEnds.Mixed() with { CallerId = "new" }, default);
        AssertSame(_table.ToStatistics(), restored.ToStatistics());
    }

    [Fact]
    public void Table_OfAJournalFromBeforeCallersWereCounted_BeginsWithNone()
    {
        var table = new StatisticsTable(new StatisticsJournal { Callers = default });

        table.Add(TestEnds.Mixed() with { CallerId = "alice" }, default);

        Assert.Equal(1, Assert.Single(table.ToStatistics().Callers).Requests);
    }

    private void Add(string callerId, FinishReason finish = FinishReason.Stop) =>
        _table.Add(TestEnds.Mixed(finish: finish) with { CallerId = callerId }, default);

    private static (long Requests, long PromptTokens, long GeneratedTokens) Counts(CallerStatistics caller) =>
        (caller.Requests, caller.PromptTokens, caller.GeneratedTokens);

    private static void AssertSame(RequestStatistics expected, RequestStatistics actual)
    {
        Assert.Equal(expected.Callers.AsEnumerable(), actual.Callers.AsEnumerable());
        Assert.Equal(expected.OtherCallers, actual.OtherCallers);
    }
}
