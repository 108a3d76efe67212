using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Demo;

/// <summary>What the command line asked for.</summary>
internal sealed record DemoSettings
{
    public required string Prompt { get; init; }

    public int? MaxTokens { get; init; }

    public float Temperature { get; init; }

    public uint Seed { get; init; }

    public bool IsRaw { get; init; }

    /// <summary>Null: the configuration's.</summary>
    public string? Planner { get; init; }

    /// <summary>Silos, a process each; 1: this process is the whole fog.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>Whether each process gets a network namespace of its own.</summary>
    public bool HasNamespaces { get; init; }

    public bool EndsAfterAnswer { get; init; }

    public bool AsJson { get; init; }

    /// <summary>Keys of the configuration, as a command line gives them.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary><see cref="Settings"/>, and what other options of the command say of every silo.</summary>
    public IReadOnlyList<string> AllSettings => [.. Planner is { } name ? [$"--E2LLM:Serving:Planner={name}"] : Array.Empty<string>(), .. Settings];

    public required Action<HostOptions> ConfigureHost { get; init; }
}
