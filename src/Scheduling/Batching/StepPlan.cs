using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Batching;

/// <summary>What all stages of a replica do next, and for whom. May consist of commands alone.</summary>
public sealed record StepPlan
{
    /// <summary>Counts from 0 without gaps; the numbers of steps that were lost do not come again.</summary>
    public required long StepNumber { get; init; }

    /// <summary>Closes, then truncations, then opens, each with the copy that fills the slot.</summary>
    public required ImmutableArray<SequenceCommand> Commands { get; init; }

    /// <summary>Decode rows, then prompt chunks; the rows of one sequence lie together, in the order of their positions.</summary>
    public required ImmutableArray<StepRow> Rows { get; init; }

    /// <summary>Whose rows they are, in row order.</summary>
    public required ImmutableArray<StepShare> Shares { get; init; }

    /// <summary>Requests that start with this step.</summary>
    public required ImmutableArray<AdmittedRequest> Admitted { get; init; }

    /// <summary>Requests that lost their slots since the step before, because cells were short; they may have been cancelled since.</summary>
    public ImmutableArray<string> Preempted { get; init; } = [];

    /// <summary>Slots that this step opens for a KV cache from elsewhere; each replaces an earlier reservation of its request.</summary>
    public ImmutableArray<KvReservation> KvReservations { get; init; } = [];

    /// <summary>Rows that write on; the others read known text.</summary>
    public required int DecodeRows { get; init; }

    /// <summary>Tokens that the last stage has to sample.</summary>
    public required int OutputRows { get; init; }

    /// <summary>The step for the first stage.</summary>
    public StageStep ToStageStep() => new() { StepNumber = StepNumber, Commands = Commands, Rows = Rows };
}
