using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Benchmarks.Scale;

/// <summary>
/// Not a planner to serve with: MIXED replicas of two devices each, in the order of the fleet, so that fogs of any size serve a request in the
/// same way. Other planners are asked by their names.
/// </summary>
internal sealed class PairCut(IPlanAdvisor others) : IPlanner, IPlanAdvisor
{
    public const string PlannerName = "pairs";

    public string Name => PlannerName;

    public IPlanner FindPlanner(string name) => name == Name ? this : others.FindPlanner(name);

    public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan) => plan.Planner == Name ? [] : others.Explain(request, plan);

    public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate) => [];

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => new()
    {
        ModelId = request.Model.Id,
        Planner = Name,
        Replicas =
        [
            .. request.Fleet.Devices.Chunk(2).Where(pair => pair.Length == 2).Select((pair, index) => new ReplicaPlan
            {
                Id = $"r{index}",
                Role = ReplicaRole.Mixed,
                Engine = request.Engine,
                Stages = [Half(request, pair[0].Id, isFirst: true), Half(request, pair[1].Id, isFirst: false)],
            }),
        ],
    };

    private static StagePlan Half(PlanRequest request, string device, bool isFirst)
    {
        var layers = request.Model.LayerCount;
        return new StagePlan
        {
            DeviceId = device,
            FirstLayer = isFirst ? 0 : layers / 2,
            LayerCount = isFirst ? layers / 2 : layers - layers / 2,
            WeightBytes = 0,
            KvBytes = 0,
        };
    }
}
