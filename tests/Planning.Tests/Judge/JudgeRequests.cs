using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Tests.Judge;

/// <summary>Seeded small fleets with tables as they are measured, in which now and then everything is unlike: layers, windows, cuts, links.</summary>
internal static class JudgeRequests
{
    private static readonly KvCacheType[] KvTypes = Enum.GetValues<KvCacheType>();

    public static PlanRequest Next(Random random)
    {
        // Orders and cuts grow fast: many devices come with few layers.
        var devices = 3 + Math.Min(random.Next(8), random.Next(8)) / 2;
        var layers = random.Next(2, devices switch { 3 => 8, 4 => 7, 5 => 5, _ => 4 });
        var model = Model(random, layers);
        var input = random.Next(1, 40);
        var output = random.Next(1, 30);
        var sequences = random.Next(1, 10);
        var specs = ImmutableArray.CreateBuilder<DeviceSpec>();
        var profiles = ImmutableArray.CreateBuilder<DeviceProfile>();
        var kinds = Enumerable.Range(0, random.Next(1, devices + 1)).Select(_ => Kind(random, layers, devices)).ToArray();
        for (var index = 0; index < devices; index++)
        {
            var kind = kinds[random.Next(kinds.Length)];
            specs.Add(Fixtures.Device($"d{index}", kind.MemoryBytes));
            profiles.Add(kind with { DeviceId = $"d{index}" });
        }
        var engine = new EngineSettings
        {
            KvCells = sequences * (input + output) + random.Next(input + output),
            MaxSequences = random.Next(1, 12),
            MaxStepTokens = random.Next(1, 20),
            MaxSequenceTokens = 80,
            FlashAttention = random.Next(2) == 0,
            KvType = KvTypes[random.Next(KvTypes.Length)],
        };
        return new PlanRequest
        {
            Fleet = new FleetSpec
            {
                Name = "random",
                Devices = specs.ToImmutable(),
                Links = Links(random, devices),
                DefaultBandwidthBytesPerSecond = random.Next(5) == 0 ? double.PositiveInfinity : Math.Pow(10, 1.5 + 2 * random.NextDouble()),
                DefaultLatencySeconds = random.Next(2) * 0.1 * random.NextDouble(),
            },
            Model = model,
            Profiles = profiles.ToImmutable(),
            Engine = engine,
            EngineChoices = Choices(random, engine, input + output),
            Seed = random.Next(),
            Objective = PlanObjective.Capacity,
            MinimumTokensPerSecond = random.Next(4) == 0 ? 0.3 * random.NextDouble() : 0,
            Workload = new WorkloadSpec { Name = "random", RequestsPerSecond = 0.01, MeanInputTokens = input, MeanOutputTokens = output },
        };
    }

    /// <summary>The request, its devices dealt to two machines: links within are fast, and there are no other named ones.</summary>
    public static PlanRequest OnMachines(PlanRequest request, Random random)
    {
        var machine = request.Fleet.Devices.Select(_ => random.Next(2)).ToArray();
        var links = from one in Enumerable.Range(0, machine.Length)
                    from other in Enumerable.Range(0, machine.Length)
                    where one != other && machine[one] == machine[other]
                    select new LinkSpec { From = $"d{one}", To = $"d{other}", BandwidthBytesPerSecond = 1e6, LatencySeconds = 0 };
        return request with { Fleet = request.Fleet with { Links = [.. links], DefaultBandwidthBytesPerSecond = 2000 } };
    }

    /// <summary>The request, with ends on trusted devices alone; some, often few, are.</summary>
    public static PlanRequest WithTrust(PlanRequest request, Random random) => request with
    {
        TrustedEnds = true,
        Fleet = request.Fleet with { Devices = [.. request.Fleet.Devices.Select(device => device with { IsTrusted = random.Next(2) == 0 })] },
    };

    private static ImmutableArray<EngineSettings> Choices(Random random, EngineSettings engine, int tokens) =>
    [
        .. Enumerable.Range(0, random.Next(2) * random.Next(1, 5)).Select(_ => engine with
        {
            KvCells = random.Next(1, 12) * tokens + random.Next(tokens),
            MaxSequences = random.Next(1, 12),
            KvType = KvTypes[random.Next(KvTypes.Length)],
        }),
    ];

    private static ModelSpec Model(Random random, int layers)
    {
        var (unlike, unlikeKv, windows, flops) = (random.Next(4) == 0, random.Next(5) == 0, random.Next(3) == 0, random.Next(4) == 0);
        var period = random.Next(5) == 0 ? random.Next(2, 4) : 1;
        layers = period == 1 ? layers : layers * period - random.Next(period);
        var kv = random.Next(1, 20);
        ImmutableArray<T> Each<T>(Func<int, T> of) => [.. Enumerable.Range(0, layers).Select(of)];
        return new ModelSpec
        {
            Id = "tiny",
            Architecture = "llama",
            ContextLengthTokens = 1024,
            EmbeddingLength = random.Next(1, 10),
            VocabularySize = random.Next(1, 4),
            LayerBytes = Each(_ => unlike ? random.Next(5000, 15000) : 10_000L),
            LayerKvBytesPerToken = Each(_ => unlikeKv ? random.Next(20) : (long)kv),
            LayerWindowTokens = windows ? Each(layer => layer % 2 == 0 ? 4 : 0) : [],
            LayerFlopsPerToken = flops ? Each(_ => (double)random.Next(5, 9)) : [],
            CutPeriodLayers = period,
            HeadBytes = random.Next(3) * 4000,
            EmbeddingBytes = random.Next(3) * 4000,
        };
    }

    private static DeviceProfile Kind(Random random, int layers, int devices)
    {
        var memory = (long)(15_000.0 * layers / devices * (0.7 + 3.5 * random.NextDouble())) + random.Next(20_000);
        double Next(double least, double spread) => least + spread * random.NextDouble();
        var (prompt, step, head) = (Next(0.05, 1), Next(0.05, 1), Next(0, 1) * random.Next(2));
        ImmutableArray<DecodePoint> Decode()
        {
            var decode = ImmutableArray.CreateBuilder<DecodePoint>();
            foreach (var context in random.Next(2) == 0 ? [0, 30] : new[] { 16 })
                for (var (batch, seconds) = (1, step * (1 + context * Next(0, 0.02))); batch <= 8; batch *= random.Next(2, 5), seconds *= Next(0.98, 1.5))
                    decode.Add(new DecodePoint(batch, context, seconds));
            return decode.ToImmutable();
        }
        return Fixtures.Profile("", memory, 1) with
        {
            Prefill = [new PrefillPoint(1, prompt), new PrefillPoint(4, prompt * Next(1, 1)), new PrefillPoint(16, prompt * Next(2, 4))],
            Decode = Decode(),
            DecodeByKvType = [.. KvTypes.Where(_ => random.Next(3) == 0).Select(kvType => new KvTypeDecode(kvType, Decode()))],
            CallSeconds = random.Next(2) * Next(0, 0.3),
            HeadSeconds = head,
            Head = random.Next(2) == 0 ? [] : [new HeadPoint(1, head), new HeadPoint(4, head * Next(1, 1)), new HeadPoint(8, head * Next(2, 6))],
        };
    }

    private static ImmutableArray<LinkSpec> Links(Random random, int devices)
    {
        var named = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 4), _ => random.Next(devices * devices) };
        var links = new Dictionary<(int, int), LinkSpec>();
        for (; named > 0; named--)
        {
            var (from, to) = (random.Next(devices), random.Next(devices));
            if (from != to)
                links[(from, to)] = new LinkSpec
                {
                    From = $"d{from}", To = $"d{to}", BandwidthBytesPerSecond = Math.Pow(10, 1 + 3 * random.NextDouble()), LatencySeconds = random.Next(2) * random.NextDouble(),
                };
        }
        return [.. links.Values];
    }
}
