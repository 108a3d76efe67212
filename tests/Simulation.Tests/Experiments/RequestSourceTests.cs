using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Experiments.Sources;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests.Experiments;

public sealed class RequestSourceTests
{
    /// <summary>Long prompts have short answers: a draw that took them apart would show.</summary>
    private static readonly TraceRequest[] Trace = [new(0, 10, 900), new(1, 900, 10), new(4, 20, 800), new(8, 800, 20), new(10, 500, 1)];

    [Fact]
    public void Replay_AtItsOwnRate_IsTheTrace()
    {
        var source = new ReplayedTrace(Trace, "t", "t.csv");

        var requests = source.Take(source.Workload.RequestsPerSecond, Trace.Length, seed: 7);

        Assert.Equal(Trace.Select(request => new SimulatedRequest(request.AtSeconds, request.PromptTokens, request.AnswerTokens)), requests);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0.1)]
    public void Replay_AtAnotherRate_StretchesGapsAndLeavesLengths(double scale)
    {
        var source = new ReplayedTrace(Trace, "t", "t.csv");

        var requests = source.Take(scale * source.Workload.RequestsPerSecond, Trace.Length, seed: 7);

        Assert.Equal(Trace.Select(request => request.AtSeconds / scale), requests.Select(request => request.ArrivalSeconds), (expected, actual) => Math.Abs(expected - actual) < 1e-9);
        Assert.Equal(Trace.Select(request => (request.PromptTokens, request.AnswerTokens)), requests.Select(request => (request.PromptTokens, request.AnswerTokens)));
    }

    [Fact]
    public void Replay_OfMoreThanThereAre_IsRefused()
    {
        var source = new ReplayedTrace(Trace, "t", "t.csv");

        Assert.Equal(Trace.Length, source.Available);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Take(1, Trace.Length + 1, seed: 1));
    }

    [Fact]
    public void Resampled_Requests_AreWholePairsOfTheTraceInAllItsShares()
    {
        var requests = new ResampledTrace(Trace, "t", "t.csv").Take(3, 10_000, seed: 1);

        var pairs = Trace.Select(request => (request.PromptTokens, request.AnswerTokens)).ToArray();
        Assert.All(requests, request => Assert.Contains((request.PromptTokens, request.AnswerTokens), pairs));
        Assert.All(pairs, pair => Assert.InRange(requests.Count(request => (request.PromptTokens, request.AnswerTokens) == pair), 1_800, 2_200));
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 1)]
    [InlineData(4.0, 4)]
    [InlineData(null, 0.2)]
    public void Resampled_Gaps_HaveTheRateAndTheVariabilityThatWasAskedFor(double? asked, double scv)
    {
        var source = new ResampledTrace(Trace, "t", "t.csv", asked);

        var requests = source.Take(5, 50_000, seed: 2);

        var gaps = requests.Zip(requests.Skip(1), (first, second) => second.ArrivalSeconds - first.ArrivalSeconds).ToArray();
        var mean = gaps.Average();
        Assert.Equal(0.2, mean, 0.01);
        Assert.Equal(scv, source.Workload.ArrivalScv, 1e-9);
        Assert.Equal(source.Workload.ArrivalScv, gaps.Sum(gap => (gap - mean) * (gap - mean)) / gaps.Length / (mean * mean), 1e-9 + 0.1 * source.Workload.ArrivalScv);
    }

    [Fact]
    public void Resampled_AnotherRate_LeavesTheLengths()
    {
        var source = new ResampledTrace(Trace, "t", "t.csv");

        Assert.Equal(Lengths(source.Take(1, 100, seed: 3)), Lengths(source.Take(50, 100, seed: 3)));
        Assert.NotEqual(Lengths(source.Take(1, 100, seed: 3)), Lengths(source.Take(1, 100, seed: 4)));
    }

    [Fact]
    public void Trace_OfOneMoment_GivesNoRate() =>
        Assert.Throws<ConfigurationException>(() => new ReplayedTrace([new(0, 1, 1), new(0, 1, 1)], "t", "t.csv"));

    [Fact]
    public void Drawn_Requests_AreThoseOfTheSamplerAtTheRate() => Assert.Equal(
        WorkloadSampler.Draw(WorkloadPresets.Get("extended") with { RequestsPerSecond = 3 }, 50, seed: 9, int.MaxValue),
        new DrawnRequests(WorkloadPresets.Get("extended")).Take(3, 50, seed: 9));

    [Fact]
    public void Cut_LongRequests_LeaveRoomForATokenAndAreCounted()
    {
        SimulatedRequest[] whole = [new(0, 50, 50), new(1, 99, 50), new(2, 500, 7), new(3, 30, 500)];

        var cut = CutRequests.To(whole, maxTokens: 100);

        Assert.Equal(3, cut.Cut);
        Assert.Equal([whole[0], new(1, 99, 1), new(2, 99, 1), new(3, 30, 70)], cut.Requests);
    }

    /// <summary>What is cut afterwards is what the sampler would have cut while drawing.</summary>
    [Fact]
    public void Cut_DrawnRequests_AreThoseThatWereDrawnWithTheLimit()
    {
        var workload = WorkloadPresets.Get("azure-code");

        Assert.Equal(
            WorkloadSampler.Draw(workload, 2_000, seed: 5, maxTokens: 3_000),
            CutRequests.To(new DrawnRequests(workload).Take(workload.RequestsPerSecond, 2_000, seed: 5), maxTokens: 3_000).Requests);
    }

    private static IEnumerable<(int, int)> Lengths(SimulatedRequest[] requests) => requests.Select(request => (request.PromptTokens, request.AnswerTokens));
}
