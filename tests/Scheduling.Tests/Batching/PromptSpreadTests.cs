using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class PromptSpreadTests
{
    [Theory]
    [InlineData(8, 64, 24)] // a quarter of it and the decode rows, in whole tiles
    [InlineData(8, 8, 24)]
    [InlineData(0, 64, 32)]
    [InlineData(1, 200, 63)]
    [InlineData(8, 100_000, 56)] // as many tiles as the limit allows
    [InlineData(15, 100_000, 49)]
    [InlineData(16, 100_000, 64)]
    public void Rows_LimitOfFourTiles_FillTilesAndSpreadTheRest(int decodeRows, long waitingTokens, int expected) =>
        Assert.Equal(expected, PromptSpread.Rows(decodeRows, waitingTokens, maxRows: 64));

    [Theory]
    [InlineData(8, 2)]
    [InlineData(40, 3)]
    public void Rows_LimitThatFillsNoTile_AreTheLimit(int decodeRows, int maxRows) =>
        Assert.Equal(maxRows, PromptSpread.Rows(decodeRows, 1000, maxRows));

    [Fact]
    public void Rows_OfAnyStep_KeepToTheLimitAndGetOn()
    {
        for (var decodeRows = 0; decodeRows < 70; decodeRows++)
            for (var maxRows = 1; maxRows < 130; maxRows++)
                for (var waiting = 1; waiting < 2_000; waiting = waiting * 2 + 1)
                    Assert.InRange(PromptSpread.Rows(decodeRows, waiting, maxRows), 1, maxRows);
    }

    [Fact]
    public void Next_PromptBesideAnswersInAPipeline_IsSpreadOverTheStepsInFlight()
    {
        var engine = TestRequests.Engine with { MaxStepTokens = 128, MaxSequenceTokens = 900 };
        var scheduler = TestRequests.Scheduler(engine, new SchedulerOptions { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 1, maxTokens: 100), 0);
        scheduler.RunStep();
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 64), 0);

        Assert.Equal([32, 32], Enumerable.Range(0, 2).Select(_ => scheduler.NextStep().Rows.Length));
    }
}
