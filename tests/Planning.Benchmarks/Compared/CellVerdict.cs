using System.Globalization;
using E2LLM.Planning.Evaluation;

namespace E2LLM.Planning.Benchmarks.Compared;

/// <summary>The product's planner against the best baseline of one fleet, workload and rate.</summary>
internal sealed class CellVerdict
{
    /// <summary>Later last tokens than this are a loss.</summary>
    public const double TolerancePercent = 2;

    /// <summary>Student's t for 95 % of both sides, by seeds - 1; normal beyond.</summary>
    private static readonly double[] StudentT = [double.PositiveInfinity, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23];

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
    private double HalfWidthPercent()
    {
        double[] differences = [.. _ours.Runs.Zip(_best.Runs, (ours, theirs) => ours.MeanEndToEndSeconds - theirs.MeanEndToEndSeconds)];
        var mean = differences.Average();
        var deviation = Math.Sqrt(differences.Sum(difference => (difference - mean) * (difference - mean)) / Math.Max(1, differences.Length - 1));
        var t = differences.Length - 1 < StudentT.Length ? StudentT[differences.Length - 1] : 1.96;
        return deviation == 0 ? 0 : 100 * t * deviation / Math.Sqrt(differences.Length) / _best.EndToEndSeconds;
    }

    private static bool IsLonger(double seconds, double than) => seconds > than + PlanFigures.WaitToleranceSeconds;

    private static double Percent(double seconds, double of) => 100 * (seconds / of - 1);
}
