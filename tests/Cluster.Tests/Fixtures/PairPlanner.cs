using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Four layers on each of two devices, two by two in the order of the fleet.</summary>
internal sealed class PairPlanner : IPlanner
{
    public string Name => "pairs";

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => new SplitPlanner(
        [
            .. request.Fleet.Devices.Chunk(2).Where(pair => pair.Length == 2)
                .Select(pair => (ReplicaRole.Mixed, new[] { (pair[0].Id, 4), (pair[1].Id, 4) })),
        ]).Plan(request, cancellationToken);
}
