using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests.Churn;

/// <summary>A few unlike devices, some of which hold the model alone, that leave, come and slow down; in the end all are there.</summary>
internal sealed record RandomFog
{
    private const int Layers = 6;
    private const long LayerBytes = 8L << 20;

    /// <summary>One in so many is planned by a search that takes a second.</summary>
    private const int RareSeeds = 25;

    private static readonly string[] Planners = ["colocated", "splitwise", "single-pipeline"];

    private static readonly ModelSpec Model = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 2048,
        EmbeddingLength = 64,
        VocabularySize = 1000,
        LayerBytes = [.. Enumerable.Repeat(LayerBytes, Layers)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(4096L, Layers)],
        HeadBytes = 1 << 20,
        EmbeddingBytes = 1 << 20,
    };

    private static readonly EngineSettings Engine = new() { MaxSequences = 6, KvCells = 2048, MaxSequenceTokens = 512, MaxStepTokens = 64 };

    public required int Seed { get; init; }

    public required PlanRequest Request { get; init; }

    public required ServingPlan Plan { get; init; }

    public required SimulatedRequest[] Requests { get; init; }

    public required FleetEvent[] Events { get; init; }

    public required ChurnOptions Options { get; init; }

    /// <returns>Null where these devices have no plan.</returns>
    public static RandomFog? Draw(int seed)
    {
        var random = new Random(seed);
        var devices = random.Next(2, 6);
        string[] ids = [.. Enumerable.Range(0, devices).Select(index => $"d{index}")];
        var workload = new WorkloadSpec
        {
            Name = "random",
            RequestsPerSecond = 1 + 5 * random.NextDouble(),
            MeanInputTokens = 60,
            MeanOutputTokens = 40,
            InputTokensScv = 1,
            OutputTokensScv = 1,
        };
        DeviceSpec[] specs = [.. ids.Select(id => new DeviceSpec { Id = id, MemoryBytes = (long)((0.4 + 1.2 * random.NextDouble()) * 180e6) })];
        var request = new PlanRequest
        {
            Model = Model,
            Engine = Engine,
            Workload = workload,
            Profiles = [.. specs.Select(device => Profile(device, 1 + 9 * random.NextDouble()))],
            Fleet = new FleetSpec { Name = "random", Devices = [.. specs], DefaultLatencySeconds = 1e-3, DefaultBandwidthBytesPerSecond = 1e7 + 5e7 * random.NextDouble() },
        };
        var planner = PlannerRegistry.Get(seed % RareSeeds == 0 ? "e2llm" : Planners[random.Next(Planners.Length)]);
        ServingPlan plan;
        try
        {
            plan = planner.Plan(request, CancellationToken.None);
        }
        catch (PlanningException)
        {
            return null;
        }

        return new RandomFog
        {
            Seed = seed,
            Request = request,
            Plan = plan,
            Requests = [.. WorkloadSampler.Draw(workload, 60, seed, Engine.MaxSequenceTokens)
                .Select(one => random.Next(2) == 0 ? one : one with { LimitTokens = Math.Min(Engine.MaxSequenceTokens - one.PromptTokens, one.AnswerTokens + 20) })],
            Events = Lives(random, ids),
            Options = new ChurnOptions
            {
                Planner = planner,
                ReplicaWaitSeconds = double.PositiveInfinity,
                MaxReplays = 1000,
                DetectionSeconds = 0.1 + 0.8 * random.NextDouble(),
                StartSeconds = random.NextDouble(),
                Fleet = new FleetTimes { LeaseSeconds = 0.5, AwaySeconds = 3 * random.Next(3) },
                Plan = new PlanTimes { RoutedSeconds = 0, DrainSeconds = 1 + 5 * random.Next(3) },
            },
        };
    }

    private static FleetEvent[] Lives(Random random, string[] ids)
    {
        var lives = new List<FleetEvent>();
        foreach (var id in ids)
        {
            var isThere = true;
            var seconds = 0.0;
            for (var count = random.Next(5); count > 0; count--)
            {
                // Some within a moment, some after a while.
                seconds += random.Next(2) == 0 ? 2 * random.NextDouble() : 20 * random.NextDouble();
                if (random.Next(4) == 0)
                {
                    lives.Add(FleetEvent.Slows(id, seconds, 0.5 + 4 * random.NextDouble()));
                    continue;
                }
                lives.Add(isThere ? FleetEvent.Leaves(id, seconds) : FleetEvent.Joins(id, seconds));
                isThere = !isThere;
            }
            if (!isThere)
                lives.Add(FleetEvent.Joins(id, seconds + 20 * random.NextDouble()));
        }
        return [.. lives];
    }

    private static DeviceProfile Profile(DeviceSpec device, double slowness) => new()
    {
        DeviceId = device.Id,
        ModelId = Model.Id,
        Source = ProfileSource.Synthetic,
        MemoryBytes = device.MemoryBytes,
        Cores = 1,
        CallSeconds = 1e-3,
        Prefill = [new PrefillPoint(1, slowness * 1e-3), new PrefillPoint(Engine.MaxStepTokens, slowness * 6e-3)],
        Decode = [new DecodePoint(1, 1, slowness * 1e-3), new DecodePoint(Engine.MaxSequences, 1, slowness * 2e-3)],
    };
}
