using E2LLM.Simulation.Experiments.Statistics;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Experiments.Figures;

/// <summary>One latency over the runs of a cell, in seconds: each figure is taken of every run and then averaged.</summary>
/// <param name="Mean">Of all requests of a run.</param>
/// <param name="P50">Half of a run's requests take no longer.</param>
/// <param name="P90">Nine of ten.</param>
/// <param name="P99">99 of a hundred.</param>
public sealed record LatencyFigures(MeanInterval Mean, MeanInterval P50, MeanInterval P90, MeanInterval P99)
{
    /// <param name="latency">Which.</param>
    /// <param name="runs">At least one.</param>
    public static LatencyFigures Of(Latency latency, IReadOnlyList<SimulationResult> runs)
    {
        ArgumentNullException.ThrowIfNull(latency);
        double[][] sorted = [.. runs.Select(run => latency.Sorted(run.Requests))];
        return new LatencyFigures(Over(run => run.Length == 0 ? 0 : run.Average()), Over(run => Percentile.Of(run, 50)), Over(run => Percentile.Of(run, 90)), Over(run => Percentile.Of(run, 99)));

        MeanInterval Over(Func<double[], double> figure) => MeanInterval.Of([.. sorted.Select(figure)]);
    }
}
