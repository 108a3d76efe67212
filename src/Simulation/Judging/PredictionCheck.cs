using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Judging;

/// <summary>Whether what the cost model predicts of a plan's waits is what simulations give: formulas do not know all that queues.</summary>
public static class PredictionCheck
{
    /// <summary>Of the simulated wait.</summary>
    public const double WaitTolerance = 0.2;

    /// <summary>Of the time to the last token: a wait that nobody notices is not worth a word.</summary>
    private const double Noticed = 0.01;

    public static bool HoldsWait(PlanPrediction prediction, TrialFigures simulated)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(simulated);
        return Math.Abs(prediction.MeanWaitSeconds - simulated.WaitSeconds) <= Math.Max(WaitTolerance * simulated.WaitSeconds, Noticed * simulated.EndToEndSeconds);
    }
}
