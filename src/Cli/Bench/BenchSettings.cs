using E2LLM.Cli.Bench.Arrivals;
using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench;

/// <summary>What the command line asked for. README.md in this folder has defaults and ranges.</summary>
internal sealed record BenchSettings
{
    public required Uri Url { get; init; }

    /// <summary>Null takes the first that the server lists.</summary>
    public string? Model { get; init; }

    public string? ApiKey { get; init; }

    /// <summary>With a sweep: where it begins.</summary>
    public required LoadSpec Load { get; init; }

    public bool IsSweep { get; init; }

    public int MaxSweepPoints { get; init; }

    public ArrivalPattern Arrivals { get; init; }

    public double Burstiness { get; init; }

    public string? TracePath { get; init; }

    /// <summary>Of each load.</summary>
    public int Requests { get; init; }

    /// <summary>After which a load sends no further request.</summary>
    public double DurationSeconds { get; init; }

    public double TimeoutSeconds { get; init; }

    public int PromptTokens { get; init; }

    public int AnswerTokens { get; init; }

    public string? PromptFile { get; init; }

    public bool IgnoresEndOfText { get; init; }

    public int WarmupRequests { get; init; }

    public required ServiceObjective Objective { get; init; }

    public int Seed { get; init; }

    public string? JsonPath { get; init; }

    public string? SvgPath { get; init; }
}
