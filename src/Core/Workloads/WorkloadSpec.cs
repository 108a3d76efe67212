namespace E2LLM.Core.Workloads;

/// <summary>The requests that a plan is made for, as the planner sees them: a rate, mean lengths, and how much they vary.</summary>
/// <remarks>SCV: squared coefficient of variation, variance / mean^2. 0 is constant, 1 exponential.</remarks>
[GenerateSerializer, Alias("E2LLM.WorkloadSpec"), Immutable]
public sealed record WorkloadSpec
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>Requests that arrive in a second. Above 0.</summary>
    [Id(1)] public required double RequestsPerSecond { get; init; }

    /// <summary>Mean tokens of a prompt. At least 1.</summary>
    [Id(2)] public required double MeanInputTokens { get; init; }

    /// <summary>Mean tokens of an answer. At least 1.</summary>
    [Id(3)] public required double MeanOutputTokens { get; init; }

    /// <summary>SCV of the gaps between arrivals: 1 for a Poisson stream.</summary>
    [Id(4)] public double ArrivalScv { get; init; } = 1;

    [Id(5)] public double InputTokensScv { get; init; } = 1;

    [Id(6)] public double OutputTokensScv { get; init; } = 1;

    /// <summary>Requests after which waits are averaged. In overload the queue grows without end, and only over a horizon is its mean a number.</summary>
    [Id(7)] public int HorizonRequests { get; init; } = 100;
}
