using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>A planner that says what it was told: replicas with their roles, and how many layers each device has.</summary>
internal sealed class SplitPlanner(params (ReplicaRole Role, (string Device, int Layers)[] Stages)[] replicas) : IPlanner
{
    public string Name => "test";

    /// <summary>Devices a and b read prompts, c, d and e write answers, and no cut of one is a cut of the other.</summary>
    public static SplitPlanner EightLayers { get; } = new(
        (ReplicaRole.Prefill, [("a", 3), ("b", 5)]), (ReplicaRole.Decoder, [("c", 2), ("d", 2), ("e", 4)]));

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => new()
    {
        ModelId = request.Model.Id,
        Planner = Name,
        Replicas = [.. replicas.Select((replica, index) => Build(request, $"r{index}", replica.Role, replica.Stages))],
    };

    private static ReplicaPlan Build(PlanRequest request, string id, ReplicaRole role, (string Device, int Layers)[] stages)
    {
        var firsts = stages.Select((_, index) => stages.Take(index).Sum(stage => stage.Layers)).ToArray();
        return new ReplicaPlan
        {
            Id = id,
            Role = role,
            Engine = request.Engine,
            Stages =
            [
                .. stages.Select((stage, index) => new StagePlan
                {
                    DeviceId = stage.Device,
                    FirstLayer = firsts[index],
                    LayerCount = stage.Layers,
                    WeightBytes = 0,
                    KvBytes = 0,
                    DecodeSeconds = 1e-3,
                    PrefillSeconds = 1e-2,
                }),
            ],
        };
    }
}
