using System.Collections.Immutable;
using System.Globalization;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Benchmarks.Fog;

/// <summary>
/// Not a planner to serve with: gives every device the layers that it was told, so that a benchmark says what it runs. Written as
/// "prefill a:6 b:10; decoder c:8 d:8".
/// </summary>
internal sealed class FixedCut : IPlanner, IPlanAdvisor
{
    private readonly (ReplicaRole Role, (string Device, int Layers)[] Stages)[] _replicas;

    private FixedCut((ReplicaRole Role, (string Device, int Layers)[] Stages)[] replicas) => _replicas = replicas;

    public string Name => "fixed-cut";

    public static FixedCut Parse(string text) => new([.. text.Split(';').Select(replica => replica.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(words => (Enum.Parse<ReplicaRole>(words[0], ignoreCase: true), words.Skip(1).Select(ParseStage).ToArray()))]);

    /// <summary>
    /// One replica over two devices: the first one gets half of the weights that a token reads, the head's included. Equal numbers of
    /// layers would make the second stage, which has the head, the bottleneck.
    /// </summary>
    public static string HalfTheWeights(ModelSpec model, string first, string second)
    {
        var half = (model.LayerBytes.Sum() + model.HeadBytes) / 2;
        var layers = Enumerable.Range(1, model.LayerCount - 1).MinBy(count => Math.Abs(model.LayerBytes.Take(count).Sum() - half));
        return $"mixed {first}:{layers} {second}:{model.LayerCount - layers}";
    }

    public IPlanner FindPlanner(string name) => this;

    public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan) => [];

    public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate) => [];

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => new()
    {
        ModelId = request.Model.Id,
        Planner = Name,
        Replicas = [.. _replicas.Select((replica, index) => Build(request, $"r{index}", replica.Role, replica.Stages))],
    };

    public override string ToString() => string.Join("; ", _replicas.Select(replica =>
        $"{replica.Role.ToString().ToLowerInvariant()} {string.Join(' ', replica.Stages.Select(stage => $"{stage.Device}:{stage.Layers}"))}"));

    private static (string Device, int Layers) ParseStage(string text)
    {
        var colon = text.IndexOf(':');
        return (text[..colon], int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

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
                }),
            ],
        };
    }
}
