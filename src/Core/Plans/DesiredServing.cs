using E2LLM.Core.Fleets;

namespace E2LLM.Core.Plans;

/// <summary>What was asked for, and could be planned: one of the three records of a model's plan.</summary>
[GenerateSerializer, Alias("E2LLM.DesiredServing"), Immutable]
public sealed record DesiredServing
{
    /// <summary>The fleet to serve with.</summary>
    [Id(0)] public required FleetSpec Fleet { get; init; }

    /// <summary>Null: whatever is planned for the fleet; otherwise the kept plan that was asked for by its generation.</summary>
    [Id(1)] public long? OfGeneration { get; init; }

    /// <summary>Nothing shall run.</summary>
    [Id(2)] public bool IsStopped { get; init; }
}
