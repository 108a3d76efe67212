using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>What is stored of a model's plans: <see cref="PlanRecords"/>.</summary>
[GenerateSerializer, Alias("E2LLM.PlanJournal")]
public sealed class PlanJournal
{
    /// <summary>The latest generation given out; kept so that stages of an earlier run can never be mistaken for present ones.</summary>
    [Id(0)] public long Generation { get; set; }

    /// <summary>The latest plans, newest first.</summary>
    [Id(1)] public ImmutableArray<ServingPlan> Plans { get; set; } = [];

    [Id(2)] public long Starts { get; set; }

    [Id(3)] public DesiredServing? Desired { get; set; }

    [Id(4)] public PlannedServing? Planned { get; set; }

    [Id(5)] public ImmutableArray<ActualReplica> Actual { get; set; } = [];

    public PlanRecords Read() => new()
    {
        Generation = Generation,
        Plans = OrEmpty(Plans),
        Starts = Starts,
        Desired = Desired,
        Planned = Planned,
        Actual = OrEmpty(Actual),
    };

    public void Write(PlanRecords records) => (Generation, Plans, Starts, Desired, Planned, Actual) =
        (records.Generation, records.Plans, records.Starts, records.Desired, records.Planned, records.Actual);

    /// <summary>What was stored before there was such a field.</summary>
    private static ImmutableArray<T> OrEmpty<T>(ImmutableArray<T> stored) => stored.IsDefault ? [] : stored;
}
