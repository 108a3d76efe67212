using System.Collections.Immutable;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>What outlives a restart: what is desired, what is planned, what is actually there; never mixed.</summary>
public sealed record PlanRecords
{
    /// <summary>The latest generation given out.</summary>
    public long Generation { get; init; }

    /// <summary>The latest number given to the start of a replica.</summary>
    public long Starts { get; init; }

    /// <summary>The latest plans, applied or proposed, newest first.</summary>
    public ImmutableArray<ServingPlan> Plans { get; init; } = [];

    /// <summary>Null: nothing was ever asked for that could be planned.</summary>
    public DesiredServing? Desired { get; init; }

    public PlannedServing? Planned { get; init; }

    /// <summary>Those of the plan in its order, then those that an earlier plan has left.</summary>
    public ImmutableArray<ActualReplica> Actual { get; init; } = [];

    /// <summary>As they are to be read where the model's file is now this one: what runs of another is of no use.</summary>
    /// <param name="model">Null: there is none.</param>
    /// <param name="trustedEnds">Whether a plan with ends on devices that are not trusted is of no use either.</param>
    public PlanRecords For(ModelSpec? model, bool trustedEnds = false) => Planned is null
        || (model is not null && ReplicaMatch.IsSame(Planned.Model, model) && !(trustedEnds && Planned.Plan is { } plan && TrustRules.FindUntrusted(plan, Planned.Fleet) is not null))
        ? this
        : this with { Planned = null, Actual = [.. Actual.Select(replica => replica with { IsRetiring = true })] };

    public bool Equals(PlanRecords? other) =>
        other is not null
        && (Generation, Starts) == (other.Generation, other.Starts)
        && ReferenceEquals(Desired, other.Desired)
        && ReferenceEquals(Planned, other.Planned)
        && Plans.SequenceEqual(other.Plans)
        && Actual.SequenceEqual(other.Actual);

    public override int GetHashCode() => HashCode.Combine(Generation, Starts, Actual.Length);
}
