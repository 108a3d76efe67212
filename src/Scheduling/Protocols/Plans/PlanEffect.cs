using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>What a plan wants done. Whoever does it tells the machine how it went; doing it twice does no harm.</summary>
public abstract record PlanEffect
{
    private PlanEffect()
    {
    }

    /// <summary>Start a replica. Answered by <see cref="PlanMachine.Started"/> or <see cref="PlanMachine.StartFailed"/>.</summary>
    public sealed record StartReplica(ActualReplica Replica) : PlanEffect;

    /// <summary>Let a replica finish what it has. Answered by <see cref="PlanMachine.Drained"/>, also where it could not be told.</summary>
    public sealed record DrainReplica(string Key) : PlanEffect;

    /// <summary>Stop a replica. Answered by <see cref="PlanMachine.Stopped"/> or <see cref="PlanMachine.StopFailed"/>.</summary>
    public sealed record StopReplica(string Key) : PlanEffect;

    /// <summary>Ask a silent replica how it is. Answered by <see cref="PlanMachine.Probed"/> or <see cref="PlanMachine.ProbeFailed"/>.</summary>
    public sealed record ProbeReplica(string Key, long Start) : PlanEffect;

    /// <summary>Unload what else of the model is on these devices. Nothing is to be answered.</summary>
    /// <param name="Devices">Those of the fleets that were planned for.</param>
    /// <param name="Named">The replicas whose stages stay.</param>
    /// <param name="Generation">Stages of later generations stay too: this may be carried out late.</param>
    public sealed record SweepDevices(ImmutableHashSet<string> Devices, ImmutableArray<ActualReplica> Named, long Generation) : PlanEffect;

    /// <summary>Other replicas can serve than before, or a change of plans is through: whoever waits for that looks again.</summary>
    public sealed record Changed : PlanEffect;
}
