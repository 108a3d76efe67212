using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Reports;

/// <summary>A whole run.</summary>
internal sealed record BenchReport
{
    public required BenchSettings Settings { get; init; }

    public required Uri Server { get; init; }

    public required string Model { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Where the prompts came from.</summary>
    public required string Prompts { get; init; }

    /// <summary>One load, or those of a sweep in ascending order.</summary>
    public IReadOnlyList<LoadResult> Loads { get; init; } = [];

    /// <summary>Of a sweep: the highest load that kept the objectives; null where even the first did not.</summary>
    public LoadSpec? Knee { get; init; }

    /// <summary>False: the sweep ended before a load was too much, so the knee is a lower bound.</summary>
    public bool IsKneeBracketed { get; init; }

    public double RequiredAttainment { get; init; }
}
