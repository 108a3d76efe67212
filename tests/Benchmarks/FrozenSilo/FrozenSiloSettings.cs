namespace E2LLM.Benchmarks.FrozenSilo;

internal sealed record FrozenSiloSettings
{
    public required double FreezeSeconds { get; init; }

    /// <summary>So long requests come before the silo is stopped, and again after it goes on.</summary>
    public required double PhaseSeconds { get; init; }

    public required double RequestsPerSecond { get; init; }

    /// <summary>Of the synthetic engine, whatever is in a step.</summary>
    public required double StepSeconds { get; init; }

    public required int AnswerTokens { get; init; }
}
