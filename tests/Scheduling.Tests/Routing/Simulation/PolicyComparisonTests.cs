using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;
using Xunit.Abstractions;

namespace E2LLM.Scheduling.Tests.Routing.Simulation;

/// <summary>
/// The two policies that go by predictions, over unlike replicas and one seed after the other. Prompts of 576 tokens and answers of 588
/// on average, of which the limits say as much or four times as much; 200 requests. The rates go from a load that is hardly felt to twice what the replicas sustain.
/// </summary>
public sealed class PolicyComparisonTests(ITestOutputHelper output)
{
    private const int Seeds = 3;

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
        var (wait, end) = (0.0, 0.0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var load = RoutingSimulation.Load(seed, 200, perSecond, meanPrompt: 576, meanAnswer: 588, limitFactor);
            new RoutingSimulation(Fleet(fleet), policy).Run(load);
            wait += load.Average(request => request.WaitSeconds) / Seeds;
            end += load.Average(request => request.EndToEndSeconds) / Seeds;
        }

        return (wait, end);
    }

    private static SimulatedReplica[] Fleet(string name) => name == "mixed"
        ?
        [
            new("fast", ReplicaRole.Mixed, 16, 6e-3, 0.4e-3, 0.15e-3),
            new("middle", ReplicaRole.Mixed, 16, 20e-3, 1e-3, 0.5e-3),
            new("slow", ReplicaRole.Mixed, 8, 45e-3, 2.5e-3, 1.5e-3),
        ]
        :
        [
            new("reader", ReplicaRole.Prefill, 0, 5e-3, 0.3e-3, 0.3e-3),
            new("fast", ReplicaRole.Decoder, 8, 10e-3, 0.6e-3, 0.3e-3),
            new("wide", ReplicaRole.Decoder, 32, 40e-3, 1.5e-3, 1.0e-3),
            new("middle", ReplicaRole.Mixed, 16, 20e-3, 1e-3, 0.5e-3),
        ];
}
