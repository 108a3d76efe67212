using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Benchmarks.Fog;

/// <summary>Not a planner to serve with: cuts the layers into equal parts over all devices, so that a benchmark says what it runs.</summary>
internal sealed class EqualCut : IPlanner, IPlanAdvisor
{
    public string Name => "equal-cut";

    public IPlanner FindPlanner(string name) => this;

    public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan) => [];

    public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate) => [];

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        var devices = request.Fleet.Devices;
        var layers = request.Model.LayerCount;
        return new ServingPlan
        {
            ModelId = request.Model.Id,
            Planner = Name,
            Replicas =
            [
                new ReplicaPlan
                {
                    Id = "r0",
                    Role = ReplicaRole.Mixed,
                    Engine = request.Engine,
                    Stages =
                    [
                        .. devices.Select((device, index) => new StagePlan
                        {
                            DeviceId = device.Id,
                            FirstLayer = layers * index / devices.Length,
                            LayerCount = (layers * (index + 1) / devices.Length) - (layers * index / devices.Length),
                            WeightBytes = 0,
                            KvBytes = 0,
                        }),
                    ],
                },
            ],
        };
    }
}
