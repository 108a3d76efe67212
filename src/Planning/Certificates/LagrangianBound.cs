using E2LLM.Planning.Exact;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Certificates;

/// <summary>The bound over all partitions of the fleet, for fleets of at most <see cref="CapacityBound.MaxDevices"/> devices.</summary>
internal sealed class LagrangianBound : ICapacityBound
{
    public LagrangianBound(PlanningContext context)
    {
        var bound = new CapacityBound(context.Groups, context.Threads);
        (RequestsPerSecond, var partitions) = bound.Solve(context.CancellationToken);
        Candidates =
        [
            .. partitions.Select(partition => (IReadOnlyList<GroupPlan>)
            [
                .. partition.Select(group => context.Groups.Best(GroupTable.Devices(group.Subset), group.Role)).OfType<GroupPlan>(),
            ]),
        ];
        Method = "Lagrangian bound over all partitions, KV links relaxed"
            + (context.Serving.IsUniform ? "" : "; orders relaxed, because layers or links differ");
    }

    public double RequestsPerSecond { get; }

    public string Method { get; }

    public IReadOnlyList<IReadOnlyList<GroupPlan>> Candidates { get; }
}
