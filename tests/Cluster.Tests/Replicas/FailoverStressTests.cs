using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Replicas;

/// <summary>Devices that go down and come back under load, while clients cancel: no answer is lost, doubled or mixed up, nothing leaks.</summary>
public sealed class FailoverStressTests
{
    private static readonly TimeSpan Unrest = TimeSpan.FromSeconds(2.5);

    /// <summary>Two replicas of each role, no two of them cut alike.</summary>
    private static readonly SplitPlanner TwoOfEach = new(
        (ReplicaRole.Prefill, [("a", 3), ("b", 5)]), (ReplicaRole.Prefill, [("c", 4), ("d", 4)]),
        (ReplicaRole.Decoder, [("e", 2), ("f", 6)]), (ReplicaRole.Decoder, [("g", 5), ("h", 3)]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_DevicesGoDownAndComeBack_EveryAnswerIsExact(int seed)
    {
        var random = new Random(seed);
        var outages = new Outages(["a", "b", "c", "d", "e", "f", "g", "h"], random);
        var engines = new FaultyEngines(
            Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 }), (spec, step) => step.Rows.Length > 0 && outages.IsDown(spec.Device.Id));
        await using var fog = await TestFog.ServeAsync(Synthetic.Options(
            [[.. "abce".Select(id => Synthetic.Device($"{id}"))], [.. "dfgh".Select(id => Synthetic.Device($"{id}"))]], engines) with
        {
            Planner = TwoOfEach,
            Serving = serving => serving.MaxStepTokens = 16,
            Requests = requests => requests.MaxReplays = 100,
        });
        var requests = Enumerable.Range(0, 60).Select(index => (
            Request: Synthetic.Request($"s{index}", 1 + random.Next(80), 1 + random.Next(120), (uint)index),
            Start: Unrest * random.NextDouble(),
            Cancel: index % 4 == 0 ? Unrest * random.NextDouble() : (TimeSpan?)null)).ToArray();

        outages.Begin();
        var replays = await Task.WhenAll(requests.Select(async item =>
        {
            await Task.Delay(item.Start, TimeProvider.System);
            var running = fog.RunAsync(item.Request);
            if (item.Cancel is { } moment)
            {
                await Task.WhenAny(running, Task.Delay(moment, TimeProvider.System));
                await fog.Request(item.Request.Id).CancelAsync();
            }
            var answer = await running;
            if (item.Cancel is null || answer.Finish != FinishReason.Cancelled)
                SplitFog.AssertExact(item.Request, answer);
            else
                Assert.Equal(Synthetic.Expected(item.Request).Take(answer.Tokens.Count), answer.Tokens);
            return answer.Last.Timeline!.Replays;
        }));

        Assert.True(replays.Sum() > 5, $"only {replays.Sum()} replays");
        await SplitFog.AssertAllFreeAsync(fog);
    }

    /// <summary>Each device is down twice in the time of unrest, and up from then on.</summary>
    private sealed class Outages(string[] devices, Random random)
    {
        private readonly Dictionary<string, (TimeSpan From, TimeSpan To)[]> _down = devices.ToDictionary(
            device => device, _ => new[] { Window(random), Window(random) });

        private long? _startedAt;

        public void Begin() => _startedAt = TimeProvider.System.GetTimestamp();

        public bool IsDown(string device) => _startedAt is { } startedAt
            && TimeProvider.System.GetElapsedTime(startedAt) is var now
            && _down[device].Any(window => now >= window.From && now < window.To);

        private static (TimeSpan From, TimeSpan To) Window(Random random)
        {
            var from = Unrest * random.NextDouble();
            return (from, from + TimeSpan.FromSeconds(0.1 + 0.3 * random.NextDouble()));
        }
    }
}
