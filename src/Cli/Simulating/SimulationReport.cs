using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Simulating.Inputs;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Timelines;

namespace E2LLM.Cli.Simulating;

/// <summary>All that came of a run of the command, for tables, documents, figures and the page.</summary>
internal sealed record SimulationReport
{
    public required SimulateSettings Settings { get; init; }

    public required PlanInput Input { get; init; }

    public required SourceInput Source { get; init; }

    public required ExperimentSpec Experiment { get; init; }

    /// <summary>By rate, then by planner; one at least has a plan.</summary>
    public required IReadOnlyList<ExperimentCell> Cells { get; init; }

    /// <summary>Of the first cell with a plan; null where nobody asked for it.</summary>
    public TimelineRecorder? Timeline { get; init; }

    /// <summary>The cell that the timeline is of.</summary>
    public ExperimentCell TimelineCell => Cells.First(cell => cell.Plan is not null);

    /// <summary>The cells of each rate.</summary>
    public IEnumerable<IGrouping<double, ExperimentCell>> ByRate => Cells.GroupBy(cell => cell.RequestsPerSecond);

    public bool HasSeveralRates => Source.Rates.Count > 1;
}
