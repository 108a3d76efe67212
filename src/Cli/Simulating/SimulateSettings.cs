using E2LLM.Cli.Planning;
using E2LLM.Simulation.Churn;

namespace E2LLM.Cli.Simulating;

/// <summary>What the command line asked for.</summary>
internal sealed record SimulateSettings
{
    /// <summary>Drawn by default: enough for an interval, few enough to wait for.</summary>
    public const int DefaultSeeds = 5;

    /// <summary>Fleet, model, planners and what they plan for. Its workload is the trace where there is one.</summary>
    public required PlanSettings Plan { get; init; }

    /// <summary>Null where requests come from a workload's moments.</summary>
    public string? TracePath { get; init; }

    /// <summary>Times the trace's own rate.</summary>
    public double RateScale { get; init; } = 1;

    /// <summary>Empty: the workload's or trace's own, times <see cref="RateScale"/>.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>Null: gamma gaps as variable as the workload's or trace's own; of a trace that is replayed, its own gaps.</summary>
    public GapPattern? Gaps { get; init; }

    /// <summary>Shape of gamma gaps, 1 / SCV; null: as variable as the workload's or trace's own.</summary>
    public double? Burstiness { get; init; }

    /// <summary>Of a run; null: the workload's horizon or as many as a trace that is drawn from has, 1,000 at most; all of a trace that is replayed.</summary>
    public int? Requests { get; init; }

    /// <summary>Null: <see cref="DefaultSeeds"/>, or 1 for a trace that is replayed.</summary>
    public int? Seeds { get; init; }

    /// <summary>Routing policy of all planners; null: each its own.</summary>
    public string? RoutingPolicy { get; init; }

    /// <summary>What happens to devices in every run; empty: they stay as they are.</summary>
    public IReadOnlyList<FleetEvent> FleetEvents { get; init; } = [];

    public bool AsJson { get; init; }

    /// <summary>A file for a row a cell, or a folder for all tables.</summary>
    public string? CsvPath { get; init; }

    public string? HtmlPath { get; init; }

    /// <summary>A folder.</summary>
    public string? PngPath { get; init; }

    public string? ChromeTracePath { get; init; }

    /// <summary>Whether the trace is replayed as it is, or drawn from.</summary>
    public bool IsReplay => TracePath is not null && Gaps is null && Seeds is (null or 1);
}
