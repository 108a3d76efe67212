using System.Collections.Concurrent;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Plans;
using E2LLM.Inference.Synthetic;
using E2LLM.Scheduling.Batching;
using Xunit.Abstractions;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>
/// Requests of all sizes, with readers of all kinds, over a network that loses, delays and doubles messages of all kinds: every request
/// ends, no token is lost, doubled, wrong or out of order, and nothing is left behind. A few hundred lives; ten thousand and more where
/// the environment variable E2LLM_LONG is 1.
/// </summary>
public sealed class RandomLivesTests(ITestOutputHelper output)
{
    private const int LivesAtOnce = 24;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("E2LLM_LONG") == "1";

    private static readonly int Lives = IsLong ? 2500 : 80;

    private static readonly TimeSpan Limit = IsLong ? TimeSpan.FromMinutes(20) : TimeSpan.FromSeconds(45);

    private static readonly SplitPlanner TwoMixed = new(
        (ReplicaRole.Mixed, [("a", 3), ("b", 5)]), (ReplicaRole.Mixed, [("c", 4), ("d", 4)]));

    /// <summary>Two replicas of each role, no two of them cut alike.</summary>
    private static readonly SplitPlanner TwoOfEach = new(
        (ReplicaRole.Prefill, [("a", 3), ("b", 5)]), (ReplicaRole.Prefill, [("c", 4), ("d", 4)]),
        (ReplicaRole.Decoder, [("e", 2), ("f", 6)]), (ReplicaRole.Decoder, [("g", 5), ("h", 3)]));

    [Theory]
    [InlineData(false, 1, 1)]
    [InlineData(false, 3, 2)]
    [InlineData(true, 1, 3)]
    [InlineData(true, 3, 4)]
    public async Task Run_FaultsOfAllKinds_EveryLifeEndsWellAndNothingLeaks(bool isSplit, int silos, int seed)
    {
        var faults = new GrainFaults(
            seed,
            // Whoever reads has nobody to try again: a share of these ends the reading.
            new FaultRule { Calls = "IRequestGrain.*", LostCalls = 0.002, LostReplies = 0.002, Delays = 0.03, Duplicates = 0.01 },
            new FaultRule { Calls = "*", LostCalls = 0.01, LostReplies = 0.01, Delays = 0.03, Duplicates = 0.02 });

        await RunAsync(isSplit, silos, seed, faults, Lives);

        faults.AssertInjected(ofEachKind: Lives / 8);
        foreach (var calls in new[] { "IRequestGrain.*", "IReplicaGrain.*", "IStageGrain.*", "IPlanGrain.*" })
            Assert.True(Enum.GetValues<FaultKind>().Sum(kind => faults.Count(kind, calls)) > 0, $"nothing went wrong at {calls}:\n{faults}");
    }

    /// <summary>Fewer lives, and one kind of fault only: says which kind does harm.</summary>
    [Theory]
    [InlineData(FaultKind.LostCall)]
    [InlineData(FaultKind.LostReply)]
    [InlineData(FaultKind.Delay)]
    [InlineData(FaultKind.Duplicate)]
    public async Task Run_FaultsOfOneKind_EveryLifeEndsWellAndNothingLeaks(FaultKind kind)
    {
        double Share(FaultKind of) => of == kind ? 0.04 : 0;
        var faults = new GrainFaults(
            seed: 5,
            new FaultRule { Calls = "IRequestGrain.*" },
            new FaultRule
            {
                Calls = "*",
                LostCalls = Share(FaultKind.LostCall),
                LostReplies = Share(FaultKind.LostReply),
                Delays = Share(FaultKind.Delay),
                Duplicates = Share(FaultKind.Duplicate),
            });

        var ends = await RunAsync(isSplit: true, silos: 1, seed: 5, faults, Lives / 4);

        AssertAtMost(ends, LifeEnd.ReaderLost, 0);
        Assert.True(faults.Count(kind) > 10, $"{faults}");
    }

    private async Task<IReadOnlyDictionary<Life, LifeEnd>> RunAsync(bool isSplit, int silos, int seed, GrainFaults faults, int count)
    {
        await using var fog = await TestFog.ServeAsync(Options(isSplit, silos) with { Faults = faults });
        var lives = Enumerable.Range(0, count).Select(number => Life.Draw(seed, number)).ToArray();
        var ends = new ConcurrentDictionary<Life, LifeEnd>();
        using var limit = new CancellationTokenSource(Limit);

        faults.Begin();
        await Parallel.ForEachAsync(lives, new ParallelOptions { MaxDegreeOfParallelism = LivesAtOnce }, async (life, _) =>
            ends[life] = await LifeReader.RunAsync(fog, life, limit.Token));
        await faults.EndAsync();

        output.WriteLine(string.Join(", ", ends.CountBy(end => end.Value).OrderBy(of => of.Key)));
        output.WriteLine($"{faults}");
        AssertNone(ends, LifeEnd.Hung, $"{string.Join('\n', (await fog.Plan.GetStatusAsync()).Replicas)}\n{faults}");
        foreach (var life in lives)
            Assert.True(await LifeReader.IsDoneAsync(fog, life, limit.Token), $"{life.Request.Id} is not done");
        await Leftovers.AssertNothingButPrefixesAsync(fog);
        AssertAtMost(ends, LifeEnd.Failed, count / 20);
        AssertAtMost(ends, LifeEnd.ReaderLost, count / 5);
        return ends;
    }

    private static TestFogOptions Options(bool isSplit, int silos)
    {
        var devices = (isSplit ? "abcdefgh" : "abcd").Select(id => Synthetic.Device($"{id}"));
        return Synthetic.Options(
            [.. devices.Select((device, index) => (device, index)).GroupBy(item => item.index % silos, item => item.device).Select(silo => silo.ToArray())],
            Synthetic.Engines(new SyntheticTiming { CallSeconds = 5e-4 })) with
        {
            Planner = isSplit ? TwoOfEach : TwoMixed,
            Serving = serving =>
            {
                (serving.MaxSequences, serving.MaxStepTokens, serving.MaxSequenceTokens, serving.KvCells) = (8, 16, 200, 600);
                (serving.CellReservation, serving.CellMarginTokens) = (CellReservation.Optimistic, 8);
                (serving.StepTimeoutSeconds, serving.HungStepSeconds, serving.KvLeaseSeconds) = (3, 3, 3);
            },
            Requests = requests => (requests.MaxReplays, requests.ReaderLeaseSeconds, requests.ReplicaWaitSeconds) = (20, 5, 30),
        };
    }

    private static void AssertNone(IReadOnlyDictionary<Life, LifeEnd> ends, LifeEnd kind, string details) => Assert.True(
        ends.All(end => end.Value != kind), $"{kind}: {string.Join(", ", ends.Where(end => end.Value == kind).Select(end => end.Key.Request.Id))}\n{details}");

    private static void AssertAtMost(IReadOnlyDictionary<Life, LifeEnd> ends, LifeEnd kind, int count) =>
        Assert.InRange(ends.Count(end => end.Value == kind), 0, count);
}
