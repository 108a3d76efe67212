using E2LLM.Core.Workloads;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Workloads;
using Xunit.Abstractions;

namespace E2LLM.Simulation.Tests;

/// <summary>
/// The two policies that go by predictions, over unlike replicas and one seed after the other. Prompts of 576 tokens and answers of 588
/// on average, of which the limits say as much or four times as much; 200 requests. The rates go from a load that is hardly felt to twice what the replicas sustain.
/// </summary>
public sealed class PolicyComparisonTests(ITestOutputHelper output)
{
    private const int Seeds = 3;
    private const int MostTokens = 4_000;

    [Theory]
    [InlineData("mixed", 1)]
    [InlineData("mixed", 4)]
    [InlineData("split", 1)]
    [InlineData("split", 4)]
    public void LeastFinish_AnyLoad_EndsAnswersNoLaterThanLeastWait(string fleet, int limitFactor)
    {
        foreach (var rate in new[] { 0.3, 0.8, 1.6, 2.0, 2.5, 3.0, 4.0 })
        {
            var wait = Simulate(fleet, RoutingPolicies.LeastWait, rate, limitFactor);
            var finish = Simulate(fleet, RoutingPolicies.LeastFinish, rate, limitFactor);
            output.WriteLine(FormattableString.Invariant(
                $"{fleet} x{limitFactor} {rate:0.0}/s: end to end {wait.EndToEnd:0.00} s, {finish.EndToEnd:0.00} s; wait {wait.Wait:0.00} s, {finish.Wait:0.00} s"));

            Assert.True(finish.EndToEnd <= wait.EndToEnd, $"{rate}/s: {finish.EndToEnd} s, with least-wait {wait.EndToEnd} s");
            if (rate < 1)
                Assert.True(finish.EndToEnd < 0.92 * wait.EndToEnd, $"{rate}/s: {finish.EndToEnd} s, with least-wait {wait.EndToEnd} s");
        }
    }

    [Fact]
    public void Run_SameSeed_IsTheSameToTheBit() => Assert.Equal(
        Simulate("split", RoutingPolicies.LeastFinish, 2, 1), Simulate("split", RoutingPolicies.LeastFinish, 2, 1));

    private static (double Wait, double EndToEnd) Simulate(string fleet, string policy, double perSecond, int limitFactor)
    {
        var (request, plan) = fleet == "mixed" ? UnlikeReplicas.Mixed() : UnlikeReplicas.Split();
        var workload = new WorkloadSpec { Name = "unlike", RequestsPerSecond = perSecond, MeanInputTokens = 576, MeanOutputTokens = 588 };
        var results = Enumerable.Range(1, Seeds).Select(seed =>
        {
            var drawn = WorkloadSampler.Draw(workload, 200, seed, request.Engine.MaxSequenceTokens).Select(one => Limited(one, limitFactor)).ToArray();
            return new FogSimulator(request, plan, new SimulationOptions { RoutingPolicy = policy }).Run(drawn, CancellationToken.None);
        }).ToArray();
        return (results.Average(result => result.MeanWaitSeconds), results.Average(result => result.MeanEndToEndSeconds));
    }

    private static SimulatedRequest Limited(SimulatedRequest request, int limitFactor)
    {
        var answer = Math.Clamp(request.AnswerTokens, 2, MostTokens / limitFactor);
        return request with { PromptTokens = Math.Min(request.PromptTokens, 2 * MostTokens), AnswerTokens = answer, LimitTokens = limitFactor * answer };
    }
}
