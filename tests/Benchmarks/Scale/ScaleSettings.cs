namespace E2LLM.Benchmarks.Scale;

/// <summary>What is measured, at each number of devices.</summary>
internal sealed record ScaleSettings
{
    public required int[] Devices { get; init; }

    public required int Processes { get; init; }

    public required int Requests { get; init; }

    /// <summary>Requests at once. Few enough that each has a replica for itself: those that share a step share its calls.</summary>
    public required int Clients { get; init; }

    public required int PromptTokens { get; init; }

    public required int AnswerTokens { get; init; }

    /// <summary>How long the fog is watched while nobody asks anything of it.</summary>
    public required double QuietSeconds { get; init; }

    public required double LayerSeconds { get; init; }

    public required string Planner { get; init; }

    public required bool EmulatesNetwork { get; init; }
}
