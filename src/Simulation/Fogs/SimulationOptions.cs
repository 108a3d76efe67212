using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Simulation.Fogs;

/// <summary>How a simulated fog serves. The defaults are those of a silo.</summary>
public sealed record SimulationOptions
{
    public string RoutingPolicy { get; init; } = RoutingPolicies.LeastFinish;

    /// <inheritdoc cref="SchedulerOptions.PrefillTokensBesideDecode"/>
    public int PrefillTokensBesideDecode { get; init; } = SchedulerOptions.Default.PrefillTokensBesideDecode;

    /// <inheritdoc cref="SchedulerOptions.MaxPrefillTokensBesideDecode"/>
    public int MaxPrefillTokensBesideDecode { get; init; } = SchedulerOptions.Default.MaxPrefillTokensBesideDecode;

    public CellReservation CellReservation { get; init; } = SchedulerOptions.Default.CellReservation;

    internal SchedulerOptions SchedulerFor(ReplicaPlan replica) => new SchedulerOptions
    {
        MaxQueuedRequests = 100_000,
        PrefillTokensBesideDecode = PrefillTokensBesideDecode,
        MaxPrefillTokensBesideDecode = MaxPrefillTokensBesideDecode,
        CellReservation = CellReservation,
    }.For(replica);
}
