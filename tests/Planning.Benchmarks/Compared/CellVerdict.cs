using System.Globalization;
using E2LLM.Planning.Evaluation;
using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Planning.Benchmarks.Compared;

/// <summary>The product's planner against the best baseline of one fleet, workload and rate.</summary>
internal sealed class CellVerdict
{
    /// <summary>Later last tokens than this are a loss.</summary>
    public const double TolerancePercent = 2;

    private readonly PlannerTrial _ours;
    private readonly PlannerTrial _best;
    private readonly PlannerTrial _soonest;

    /// <param name="ours">Of the product's planner.</param>
    /// <param name="baselines">At least one.</param>
    public CellVerdict(PlannerTrial ours, IReadOnlyList<PlannerTrial> baselines)
    {
        _ours = ours;
        _best = baselines.MinBy(trial => trial.EndToEndSeconds)!;
        _soonest = baselines.MinBy(trial => trial.WaitSeconds)!;
        DominatedBy = baselines.FirstOrDefault(trial => IsLonger(ours.WaitSeconds, trial.WaitSeconds)
            && IsLonger(ours.TtftSeconds, trial.TtftSeconds) && IsLonger(ours.EndToEndSeconds, trial.EndToEndSeconds));
    }

    /// <summary>Above 0: requests end later than with the best baseline's plan.</summary>
    public double LaterPercent => Percent(_ours.EndToEndSeconds, _best.EndToEndSeconds);

    public bool IsLater => LaterPercent > TolerancePercent;

    /// <summary>Whether some baseline's plan makes requests wait less, by more than waits are told apart.</summary>
    public bool WaitsLonger => IsLonger(_ours.WaitSeconds, _soonest.WaitSeconds);

    /// <summary>A baseline whose plan has the shorter wait, the sooner first token and the sooner last token.</summary>
    public PlannerTrial? DominatedBy { get; }

    /// <summary>"e2llm against colocated: -1.2 % ± 0.4 end to end; waits 0.10 s longer than parallax, whose requests end 78 % later".</summary>
    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{_ours.Planner} against the best baseline ({_best.Planner}): {LaterPercent:+0.0;-0.0;0.0} % ± {HalfWidthPercent():0.0} end to end");
        if (WaitsLonger)
        {
            var later = Percent(_soonest.EndToEndSeconds, _ours.EndToEndSeconds);
            text += string.Create(
                CultureInfo.InvariantCulture,
                $"; waits {_ours.WaitSeconds - _soonest.WaitSeconds:0.000} s longer than {_soonest.Planner}, whose requests end {Math.Abs(later):0.0} % {(later < 0 ? "sooner" : "later")}");
        }
        return text + (DominatedBy is { } trial ? $"; **worse than {trial.Planner} in all three**" : "");
    }

    /// <summary>Of the difference: 95 %, from the runs' differences, for both served the same requests.</summary>
    private double HalfWidthPercent() =>
        100 * (MeanInterval.OfDifferences(_ours.EndToEndRuns, _best.EndToEndRuns).HalfWidth ?? 0) / _best.EndToEndSeconds;

    private static bool IsLonger(double seconds, double than) => seconds > than + PlanFigures.WaitToleranceSeconds;

    private static double Percent(double seconds, double of) => 100 * (seconds / of - 1);
}
