using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Judging;

namespace E2LLM.Simulation.Tests;

public sealed class PredictionCheckTests
{
    [Theory]
    [InlineData(1.0, 1.1, true)]
    [InlineData(1.0, 1.3, false)]
    [InlineData(0.0, 0.09, true)] // below a hundredth of the ten seconds to the last token
    [InlineData(0.0, 0.11, false)]
    public void HoldsWait_GoesByAFifthOfTheSimulatedWaitOrByWhatNobodyNotices(double predictedSeconds, double simulatedSeconds, bool expected)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);
        var prediction = PlannerRegistry.Get("single-pipeline").Plan(request, CancellationToken.None).Prediction! with { MeanWaitSeconds = predictedSeconds };

        Assert.Equal(expected, PredictionCheck.HoldsWait(prediction, new TrialFigures(1, 100, simulatedSeconds, 1, 0.1, 10)));
    }
}
