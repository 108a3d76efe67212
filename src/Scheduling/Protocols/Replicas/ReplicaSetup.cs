using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <summary>What a replica is started with.</summary>
public sealed record ReplicaSetup
{
    /// <summary>How its errors call it.</summary>
    public required string Key { get; init; }

    /// <summary>Generation of the plan and id of the replica: "3/r0".</summary>
    public required string Name { get; init; }

    /// <summary>Rises from start to start: stages of an earlier one can never be taken for those of this one.</summary>
    public required long Start { get; init; }

    public required ReplicaPlan Plan { get; init; }

    public required SchedulerOptions Scheduler { get; init; }

    /// <summary>What the plan predicts, until it is measured; 0: nothing.</summary>
    public double PlannedTokensPerSecond { get; init; }

    /// <summary>After which a step that no stage has answered counts as lost.</summary>
    public required double StepTimeoutSeconds { get; init; }

    /// <summary>After which a part whose reader is silent is freed.</summary>
    public required double LeaseSeconds { get; init; }
}
