using E2LLM.Core.Workloads;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

public sealed class WorkloadSamplerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(1)]
    [InlineData(3)]
    public void Draw_HasTheMeansAndTheVariabilityThatAreAskedFor(double scv)
    {
        var requests = WorkloadSampler.Draw(
            new WorkloadSpec
            {
                Name = "drawn",
                RequestsPerSecond = 2,
                MeanInputTokens = 500,
                MeanOutputTokens = 300,
                ArrivalScv = scv,
                InputTokensScv = scv,
                OutputTokensScv = scv,
            },
            requests: 50_000, seed: 7, maxTokens: 1_000_000);
        AssertMoments([.. requests.Zip(requests.Skip(1), (one, next) => next.ArrivalSeconds - one.ArrivalSeconds)], 0.5, scv);
        AssertMoments([.. requests.Select(request => (double)request.PromptTokens)], 500, scv);
        AssertMoments([.. requests.Select(request => (double)request.AnswerTokens)], 300, scv);
    }

    /// <summary>Quantiles of the trace's 8,819 answers: 6, 13, 24, 55 and 252 tokens at 1, 50, 75, 90 and 99 %.</summary>
    [Fact]
    public void Draw_AnswersOfTheAzureCodeTrace_AreNotMostlyOfOneToken()
    {
        int[] answers = [.. WorkloadSampler.Draw(WorkloadPresets.Get("azure-code"), 50_000, seed: 3, maxTokens: 8_000).Select(request => request.AnswerTokens).Order()];

        Assert.InRange(answers[25_000], 10, 16);
        Assert.InRange(answers[37_500], 20, 32);
        Assert.InRange(answers[45_000], 48, 72);
        Assert.InRange(answers[49_500], 215, 290);
        Assert.InRange(answers.Count(tokens => tokens == 1), 0, 4_000);
    }

    [Fact]
    public void Draw_AtAnotherRate_LeavesTheLengthsAlone()
    {
        var slow = Draw(1);
        var fast = Draw(9);
        Assert.Equal(slow.Select(request => (request.PromptTokens, request.AnswerTokens)), fast.Select(request => (request.PromptTokens, request.AnswerTokens)));

        static SimulatedRequest[] Draw(double rate) => WorkloadSampler.Draw(
            new WorkloadSpec { Name = "drawn", RequestsPerSecond = rate, MeanInputTokens = 50, MeanOutputTokens = 30 }, 100, seed: 1, maxTokens: 200);
    }

    private static void AssertMoments(double[] values, double mean, double scv)
    {
        var actual = values.Average();
        Assert.InRange(actual, 0.97 * mean, 1.03 * mean);
        Assert.InRange(values.Average(value => (value - actual) * (value - actual)) / (actual * actual), 0.9 * scv - 1e-3, 1.1 * scv + 1e-3);
    }
}
