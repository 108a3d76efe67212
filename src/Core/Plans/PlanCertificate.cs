namespace E2LLM.Core.Plans;

/// <summary>How far a plan can be from the best one, under the cost model that it was made with.</summary>
[GenerateSerializer, Alias("E2LLM.PlanCertificate"), Immutable]
public sealed record PlanCertificate
{
    [Id(0)] public required PlanObjective Objective { get; init; }

    /// <summary>The plan's own figure: requests per second, or seconds of mean wait.</summary>
    [Id(1)] public required double Achieved { get; init; }

    /// <summary>No plan does better than this.</summary>
    [Id(2)] public required double Bound { get; init; }

    /// <summary>Capacity: 100 * (bound / achieved - 1). Wait: how much of the wait a best plan might save, in percent of it.</summary>
    [Id(3)] public required double GapPercent { get; init; }

    /// <summary>How the bound was proved.</summary>
    [Id(4)] public required string Method { get; init; }
}
