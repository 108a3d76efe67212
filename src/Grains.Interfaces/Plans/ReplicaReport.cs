using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>
/// What a replica tells the plan of itself, at every change of its state, when its load changes, and at a period in any case. Reports
/// may be lost and may overtake each other.
/// </summary>
/// <param name="Start"><see cref="ReplicaAssignment.Start"/> of the start that it is about; those of other starts are void.</param>
/// <param name="Number">Rises with every report of a start: a report with a lower number than one that is known is stale.</param>
/// <param name="Status">Whole; names the replica.</param>
[GenerateSerializer, Alias("E2LLM.ReplicaReport"), Immutable]
public sealed record ReplicaReport(
    [property: Id(0)] long Start, [property: Id(1)] long Number, [property: Id(2)] ReplicaStatus Status);
