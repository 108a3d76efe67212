using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Tests.Bench.Measures;

public sealed class LoadResultTests
{
    private static readonly ServiceObjective Objective = new(TtftSeconds: 0.5, TpotSeconds: 0.1);

    /// <summary>Due at 1, sent at 1.1, text at 1.5, 1.7 and 1.8, end at 1.9; three tokens.</summary>
    private static readonly RequestOutcome Sample = new()
    {
        Index = 0,
        DueSeconds = 1,
        SentSeconds = 1.1,
        EndSeconds = 1.9,
        ContentSeconds = [1.5, 1.7, 1.8],
        AnswerTokens = 3,
        PromptTokens = 10,
    };

    [Fact]
    public void Outcome_SentLate_CountsFromWhenItWasDue()
    {
        Assert.Equal(0.5, Sample.TtftSeconds!.Value, 1e-9);
        Assert.Equal(0.9, Sample.E2eSeconds, 1e-9);
        Assert.Equal(0.2, Sample.TpotSeconds!.Value, 1e-9);
        Assert.Equal([0.2, 0.1], Sample.ItlSeconds.Select(gap => Math.Round(gap, 9)));
    }

    [Fact]
    public void Outcome_OneToken_HasNoTpot() => Assert.Null((Sample with { AnswerTokens = 1 }).TpotSeconds);

    [Theory]
    [InlineData(0.5, 3, true)] // TPOT 0.1
    [InlineData(0.6, 3, false)] // TTFT too long
    [InlineData(0.5, 2, false)] // TPOT 0.2
    [InlineData(0.5, 1, true)] // no TPOT to miss
    public void Objective_Answer_IsMetWhenAllOfItIs(double ttftSeconds, int tokens, bool isMet)
    {
        var outcome = Sample with { DueSeconds = 0, SentSeconds = 0, ContentSeconds = [ttftSeconds], EndSeconds = 0.7, AnswerTokens = tokens };

        Assert.Equal(isMet, Objective.IsMetBy(outcome));
    }

    [Fact]
    public void Objective_FaultyAnswer_IsNotMet() =>
        Assert.False(new ServiceObjective(100, 100).IsMetBy(Sample with { Fault = new RequestFault("timeout", "") }));

    [Fact]
    public void Of_GoodSlowAndFailedRequests_CountsEachOnce()
    {
        var good = Sample with { DueSeconds = 1, SentSeconds = 1, ContentSeconds = [1.25], EndSeconds = 1.25, AnswerTokens = 1 };
        var slow = Sample with
        {
            DueSeconds = 2,
            SentSeconds = 2.5,
            ContentSeconds = [4, 5],
            EndSeconds = 5,
            AnswerTokens = 2,
            PromptTokens = 30,
            QueueSeconds = 1,
        };
        var busy = Sample with { DueSeconds = 3, SentSeconds = 3, EndSeconds = 3.5, Fault = new RequestFault("status 429", "busy") };

        var result = LoadResult.Of(new LoadSpec(LoadKind.Rate, 1), [good, slow, busy, busy], Objective);

        Assert.Equal((4, 2, 1), (result.Sent, result.Succeeded, result.MetObjective));
        Assert.Equal(new Dictionary<string, int> { ["status 429"] = 2 }, result.Faults);
        Assert.Equal(4, result.DurationSeconds);
        Assert.Equal(0.5, result.RequestsPerSecond);
        Assert.Equal(0.25, result.GoodputPerSecond);
        Assert.Equal(0.25, result.Attainment);
        Assert.Equal(3.0 / 4, result.AnswerTokensPerSecond);
        Assert.Equal(40.0 / 4, result.PromptTokensPerSecond);
        Assert.Equal((2, 1.125), (result.Ttft!.Count, result.Ttft.Mean));
        Assert.Equal((1, 1.0), (result.Tpot!.Count, result.Tpot.Mean));
        Assert.Equal((1, 1.0), (result.Queue!.Count, result.Queue.Mean));
        Assert.Equal((4, 0.5), (result.SendLag!.Count, result.SendLag.Max));
    }
}
