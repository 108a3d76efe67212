using E2LLM.Core.Fleets;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Nodes;

/// <summary>What a second silo process is told, as JSON on its command line.</summary>
internal sealed record NodeSpec
{
    /// <summary>Address and port of the first silo.</summary>
    public string Primary { get; init; } = "";

    /// <summary>Where other silos reach this one.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Network namespace to run in; null: that of its parent.</summary>
    public string? Namespace { get; init; }

    public required DeviceSpec[] Devices { get; init; }

    /// <summary>Where it is set, the engine is the synthetic one, with so long a step, and there are no model files.</summary>
    public double? SyntheticStepSeconds { get; init; }

    /// <summary>Of the synthetic engine's hidden states.</summary>
    public int SyntheticWidth { get; init; } = 64;

    /// <summary>Whether the silo takes in no grains but those of its devices: plan and requests then live elsewhere.</summary>
    public bool HasDevicesOnly { get; init; }

    /// <summary>Of the benchmark's model; see <see cref="Fog.BenchmarkModel"/>.</summary>
    public required string Shape { get; init; }

    /// <summary>A GGUF file instead of the benchmark's model; null: none.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Whether other silos can have the weights of the model from this one.</summary>
    public bool SharesWeights { get; init; }

    /// <summary>Name of the engine's runtime; null: the default.</summary>
    public string? Runtime { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>As <see cref="Fog.FixedCut.Parse"/> takes it: any silo may run the plan's grain.</summary>
    public required string Cut { get; init; }

    /// <summary>The same on all silos: replicas run by those of the silo that they live on.</summary>
    public required ServingOptions Serving { get; init; }
}
