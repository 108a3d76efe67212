using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Tests;

/// <summary>Replicas of one device each that holds the whole model, with set step times that their plan knows.</summary>
/// <remarks>A step takes <c>call + decode rows * row + prompt rows * promptRow</c> seconds.</remarks>
internal static class UnlikeReplicas
{
    private const int Layers = 8;

    /// <summary>48 KiB of KV cache a token, over 1 Gbit/s.</summary>
    private static readonly ModelSpec Model = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 16_384,
        EmbeddingLength = 64,
        VocabularySize = 1000,
        LayerBytes = [.. Enumerable.Repeat(1L << 20, Layers)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(6_144L, Layers)],
        HeadBytes = 1 << 20,
        EmbeddingBytes = 1 << 20,
    };

    private static readonly EngineSettings Engine = new() { MaxSequences = 64, KvCells = 1 << 20, MaxSequenceTokens = 16_384, MaxStepTokens = 256 };

    /// <summary>Three of unlike speed.</summary>
    public static (PlanRequest Request, ServingPlan Plan) Mixed() => Fog(
        Of("fast", ReplicaRole.Mixed, 16, 6e-3, 0.4e-3, 0.15e-3),
        Of("middle", ReplicaRole.Mixed, 16, 20e-3, 1e-3, 0.5e-3),
        Of("slow", ReplicaRole.Mixed, 8, 45e-3, 2.5e-3, 1.5e-3));

    /// <summary>One that reads, two that write and one that does both.</summary>
    public static (PlanRequest Request, ServingPlan Plan) Split() => Fog(
        Of("reader", ReplicaRole.Prefill, 0, 5e-3, 0.3e-3, 0.3e-3),
        Of("fast", ReplicaRole.Decoder, 8, 10e-3, 0.6e-3, 0.3e-3),
        Of("wide", ReplicaRole.Decoder, 32, 40e-3, 1.5e-3, 1.0e-3),
        Of("middle", ReplicaRole.Mixed, 16, 20e-3, 1e-3, 0.5e-3));

    /// <summary>One whose steps take the same time whatever is in them.</summary>
    public static (PlanRequest Request, ServingPlan Plan) OfSteps(int concurrency, double stepSeconds) =>
        Fog(Of("one", ReplicaRole.Mixed, concurrency, stepSeconds, 1e-12, 1e-12));

    /// <summary>Two plans: one replica that is fast and carries some three answers of 400 tokens a second, and five that are slow and carry five.</summary>
    public static (PlanRequest Request, ServingPlan Fast, ServingPlan Many) FastOrMany()
    {
        var (request, all) = Fog(
        [
            Of("fast", ReplicaRole.Mixed, 16, 6e-3, 0.4e-3, 0.15e-3),
            .. Enumerable.Range(0, 5).Select(index => Of($"slow-{index}", ReplicaRole.Mixed, 16, 20e-3, 1e-3, 0.15e-3)),
        ]);
        return (request, Carrying(all with { Replicas = all.Replicas[..1] }, 3), Carrying(all with { Replicas = all.Replicas[1..] }, 5));

        static ServingPlan Carrying(ServingPlan plan, double requestsPerSecond) => plan with
        {
            Prediction = new PlanPrediction
            {
                MeanWaitSeconds = 0,
                P90WaitSeconds = 0,
                TtftSeconds = 0,
                TpotSeconds = 0,
                CapacityRequestsPerSecond = requestsPerSecond,
                SustainedRequestsPerSecond = requestsPerSecond,
            },
        };
    }

    private static (ReplicaPlan Replica, DeviceProfile Profile) Of(
        string id, ReplicaRole role, int concurrency, double callSeconds, double rowSeconds, double promptRowSeconds) => (
        new ReplicaPlan
        {
            Id = id,
            Role = role,
            Engine = Engine,
            DecodeConcurrency = concurrency,
            TokenSeconds = role == ReplicaRole.Prefill ? 0 : callSeconds + concurrency * rowSeconds,
            Stages =
            [
                new StagePlan
                {
                    DeviceId = id,
                    FirstLayer = 0,
                    LayerCount = Layers,
                    WeightBytes = 0,
                    KvBytes = 0,
                    DecodeSeconds = callSeconds + rowSeconds,
                    PrefillSeconds = callSeconds + Engine.MaxStepTokens * promptRowSeconds,
                },
            ],
        },
        new DeviceProfile
        {
            DeviceId = id,
            ModelId = Model.Id,
            Source = ProfileSource.Synthetic,
            MemoryBytes = 1L << 40,
            Cores = 1,
            CallSeconds = callSeconds,
            Prefill = [.. new[] { 1, Engine.MaxStepTokens }.Select(rows => new PrefillPoint(rows, rows * promptRowSeconds / Layers))],
            Decode = [.. new[] { 1, Engine.MaxSequences }.Select(rows => new DecodePoint(rows, 1, rows * rowSeconds / Layers))],
        });

    private static (PlanRequest Request, ServingPlan Plan) Fog(params (ReplicaPlan Replica, DeviceProfile Profile)[] replicas) => (
        new PlanRequest
        {
            Model = Model,
            Engine = Engine,
            Profiles = [.. replicas.Select(replica => replica.Profile)],
            Fleet = new FleetSpec
            {
                Name = "unlike",
                Devices = [.. replicas.Select(replica => new DeviceSpec { Id = replica.Replica.Id, MemoryBytes = 1L << 40 })],
                DefaultLatencySeconds = 3e-4,
                DefaultBandwidthBytesPerSecond = 1.15e8,
            },
        },
        new ServingPlan { ModelId = Model.Id, Planner = "by-hand", Replicas = [.. replicas.Select(replica => replica.Replica)] });
}
