using E2LLM.Core.Plans;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Cli.Planning;

/// <summary>What the command line asked for.</summary>
internal sealed record PlanSettings
{
    /// <summary>What a device is taken for whose description is no preset: an ordinary small computer.</summary>
    public const string DefaultReferenceDevice = "core-i3-1315u";

    public required string Fleet { get; init; }

    public required string Model { get; init; }

    public required string Workload { get; init; }

    public double? RequestsPerSecond { get; init; }

    /// <summary>Null keeps the workload's.</summary>
    public int? HorizonRequests { get; init; }

    public PlanObjective Objective { get; init; } = PlanObjective.Auto;

    public ServiceTargets Targets { get; init; } = new();

    /// <summary>Names, in the order to show.</summary>
    public IReadOnlyList<string> Planners { get; init; } = ["e2llm"];

    public int Seed { get; init; } = 1;

    public double MinimumTokensPerSecond { get; init; }

    public bool TrustedEnds { get; init; }

    /// <summary>Null keeps what suits the workload.</summary>
    public int? KvCells { get; init; }

    /// <summary>Null leaves it to the plan, replica by replica.</summary>
    public int? MaxSequences { get; init; }

    public int? MaxStepTokens { get; init; }

    public int? MaxSequenceTokens { get; init; }

    /// <summary>Null leaves it to the plan, replica by replica.</summary>
    public KvCacheType? KvType { get; init; }

    /// <summary>Name of the runtime whose cuts are planned.</summary>
    public string Runtime { get; init; } = new LlamaLibraryOptions().Runtime;

    /// <summary>Of every link between two devices, with its unit; null keeps the fleet's.</summary>
    public string? Bandwidth { get; init; }

    /// <summary>File of measured profiles; null derives them from presets.</summary>
    public string? Profiles { get; init; }

    public string ReferenceDevice { get; init; } = DefaultReferenceDevice;

    public double? TimeLimitSeconds { get; init; }

    public bool AsJson { get; init; }

    public string? SvgPath { get; init; }

    public string? HtmlPath { get; init; }

    public string? ComparePath { get; init; }
}
