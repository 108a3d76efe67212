using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Tests;

/// <summary>Seeded small requests in which memory, head, embedding, calls, hops and the minimum speed all bind now and then.</summary>
internal static class RandomRequests
{
    public static PlanRequest Next(Random random, int maxDevices, int maxLayers, bool uniform)
    {
        var devices = random.Next(1, maxDevices + 1);
        var layers = random.Next(1, maxLayers + 1);
        var model = new ModelSpec
        {
            Id = "tiny",
            Architecture = "llama",
            ContextLengthTokens = 1024,
            EmbeddingLength = random.Next(1, 50),
            VocabularySize = random.Next(1, 4),
            LayerBytes = [.. Enumerable.Range(0, layers).Select(_ => uniform ? 1000L : random.Next(500, 1500))],
            LayerKvBytesPerToken = [.. Enumerable.Repeat((long)random.Next(1, 20), layers)],
            HeadBytes = random.Next(3) * 400,
            EmbeddingBytes = random.Next(3) * 400,
        };
        var engine = new EngineSettings { KvCells = random.Next(20, 60), MaxStepTokens = random.Next(1, 9), MaxSequences = random.Next(1, 7), MaxSequenceTokens = 20 };
        var specs = ImmutableArray.CreateBuilder<DeviceSpec>();
        var profiles = ImmutableArray.CreateBuilder<DeviceProfile>();
        var types = random.Next(1, devices + 1);
        var kinds = Enumerable.Range(0, types).Select(_ => Kind(random, layers, devices)).ToArray();
        for (var index = 0; index < devices; index++)
        {
            var kind = kinds[random.Next(types)];
            specs.Add(Fixtures.Device($"d{index}", kind.MemoryBytes));
            profiles.Add(kind with { DeviceId = $"d{index}" });
        }
        var links = ImmutableArray.CreateBuilder<LinkSpec>();
        if (!uniform)
            for (var from = 0; from < devices; from++)
                for (var to = 0; to < devices; to++)
                    if (from != to && random.Next(2) == 0)
                        links.Add(new LinkSpec { From = $"d{from}", To = $"d{to}", BandwidthBytesPerSecond = random.Next(10, 2000), LatencySeconds = random.NextDouble() });
        return new PlanRequest
        {
            Fleet = new FleetSpec
            {
                Name = "random",
                Devices = specs.ToImmutable(),
                Links = links.ToImmutable(),
                DefaultBandwidthBytesPerSecond = random.Next(50, 2000),
                DefaultLatencySeconds = random.NextDouble() * 0.2,
            },
            Model = model,
            Profiles = profiles.ToImmutable(),
            Engine = engine,
            Seed = random.Next(),
            Objective = random.Next(2) == 0 ? PlanObjective.Wait : PlanObjective.Capacity,
            MinimumTokensPerSecond = random.Next(3) == 0 ? random.NextDouble() * 0.2 : 0,
            Workload = new WorkloadSpec
            {
                Name = "random",
                RequestsPerSecond = Math.Pow(10, -3 + 2 * random.NextDouble()),
                MeanInputTokens = random.Next(1, 12),
                MeanOutputTokens = random.Next(1, 8),
            },
        };
    }

    private static DeviceProfile Kind(Random random, int layers, int devices)
    {
        var memory = (long)(1500.0 * layers / devices * (0.5 + 2.5 * random.NextDouble())) + random.Next(4000);
        var decode = 0.1 + random.NextDouble();
        var prefill = 0.1 + random.NextDouble();
        return Fixtures.Profile("", memory, 1) with
        {
            Prefill = [new PrefillPoint(1, prefill), new PrefillPoint(8, prefill * (1 + 3 * random.NextDouble()))],
            Decode = [new DecodePoint(1, 10, decode), new DecodePoint(4, 10, decode * (1 + 2 * random.NextDouble()))],
            CallSeconds = random.Next(2) * random.NextDouble(),
            HeadSeconds = random.Next(2) * random.NextDouble(),
        };
    }
}
