using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Tests.Evaluation;

public class PlanEvaluatorTests
{
    [Fact]
    public void Evaluate_PrefillAndDecoder_HaveTheCapacityOfTheSlower()
    {
        var (planner, evaluator) = Make(bandwidth: double.PositiveInfinity);
        GroupPlan[] groups = [planner.Best([0], ReplicaRole.Prefill)!, planner.Best([1], ReplicaRole.Decoder)!];
        var figures = evaluator.Evaluate(groups);
        Assert.Equal(Math.Min(groups[0].RequestsPerSecond, groups[1].RequestsPerSecond), figures.CapacityPerSecond, 12);
        Assert.True(figures.MeanWaitSeconds > 0);
    }

    [Fact]
    public void Evaluate_SlowLink_LimitsTheCapacityToItsRate()
    {
        // 8 layers * 1 byte * 5 prompt tokens at 4 bytes/s: a request in 10 s.
        var (planner, evaluator) = Make(bandwidth: 4);
        GroupPlan[] groups = [planner.Best([0], ReplicaRole.Prefill)!, planner.Best([1], ReplicaRole.Decoder)!];
        Assert.Equal(0.1, evaluator.Evaluate(groups).CapacityPerSecond, 9);
        Assert.Equal(10, evaluator.Transfer.Seconds(groups[0], groups[1]), 9);
    }

    [Fact]
    public void Evaluate_PrefillAlone_CannotServe()
    {
        var (planner, evaluator) = Make(bandwidth: double.PositiveInfinity);
        Assert.Equal(0, evaluator.Evaluate([planner.Best([0], ReplicaRole.Prefill)!]).CapacityPerSecond);
    }

    [Theory]
    [InlineData(ReplicaRole.Prefill)]
    [InlineData(ReplicaRole.Decoder)]
    public void Evaluate_ReplicaThatNoRequestReachesBesideAMixedOne_IsNoPlan(ReplicaRole role)
    {
        var (planner, evaluator) = Make(bandwidth: double.PositiveInfinity);
        Assert.Equal(PlanFigures.Infeasible, evaluator.Evaluate([planner.Best([0], role)!, planner.Best([1], ReplicaRole.Mixed)!]));
    }

    [Fact]
    public void Predict_MeanWait_IsTheSumOfItsParts()
    {
        var (planner, evaluator) = Make(bandwidth: 40);
        GroupPlan[] groups =
        [
            planner.Best([0], ReplicaRole.Prefill)!, planner.Best([1], ReplicaRole.Decoder)!, planner.Best([2], ReplicaRole.Mixed)!,
        ];
        var prediction = evaluator.Predict(groups);
        Assert.Equal(prediction.MeanWaitSeconds, prediction.PrefillWaitSeconds + prediction.KvLinkWaitSeconds + prediction.DecodeWaitSeconds, 9);
        Assert.Equal(evaluator.Evaluate(groups).MeanWaitSeconds, prediction.MeanWaitSeconds, 12);
        Assert.True(prediction.TtftSeconds > 0 && prediction.TpotSeconds > 0);
    }

    private static (GroupPlanner Planner, PlanEvaluator Evaluator) Make(double bandwidth)
    {
        var request = Fixtures.Request(Fixtures.Model(), (10_000, 0.001), (10_000, 0.001), (10_000, 0.001));
        var serving = new ServingCosts(request with
        {
            Fleet = request.Fleet with { DefaultBandwidthBytesPerSecond = bandwidth },
            Workload = new WorkloadSpec { Name = "w", RequestsPerSecond = 2, MeanInputTokens = 5, MeanOutputTokens = 5 },
        });
        return (new GroupPlanner(serving), new PlanEvaluator(serving));
    }
}
