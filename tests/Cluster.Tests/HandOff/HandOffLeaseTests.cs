using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.HandOff;

/// <summary>Slots that are held for a request whose grain is gone, as that of a killed silo is, and for one that is there but waits.</summary>
public sealed class HandOffLeaseTests
{
    /// <summary>Long enough for a machine that is busy with other tests to renew it.</summary>
    private const double LeaseSeconds = 3;

    [Fact]
    public async Task Prefill_ReaderIsSilent_FreesTheCache()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(serving: serving => serving.KvLeaseSeconds = LeaseSeconds));
        var prefill = await ReplicaAsync(fog, ReplicaRole.Prefill);
        var probe = new PartProbe(fog, prefill);
        await probe.SubmitAsync(1, Synthetic.Request("silent", promptTokens: 40), RunMode.PrefillOnly);
        await probe.UntilAsync(update => update.Chunk is { Tokens.Length: 1 });
        Assert.Equal(1, (await prefill.GetStatusAsync()).HeldRequests);

        await SplitFog.AssertAllFreeAsync(fog);

        Assert.Equal(1L, Assert.Single(await probe.WantAsync(2, new PartSeen(1, 2))));
    }

    [Fact]
    public async Task Decode_ReaderIsSilent_FreesTheSlotAndItsTransfers()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(serving: serving => serving.KvLeaseSeconds = LeaseSeconds));
        var decoder = await ReplicaAsync(fog, ReplicaRole.Decoder);
        var probe = new PartProbe(fog, decoder);
        await probe.SubmitAsync(1, Synthetic.Request("silent", promptTokens: 40), RunMode.DecodeOnly, [new("a", 0, 3), new("b", 3, 5)]);
        await probe.UntilAsync(update => update.Reception is not null);
        Assert.Equal(1, (await decoder.GetStatusAsync()).AwaitingKvRequests);

        await SplitFog.AssertAllFreeAsync(fog);

        Assert.Equal(1L, Assert.Single(await probe.WantAsync(2, new PartSeen(1, 1))));
    }

    [Fact]
    public async Task Run_HeldForLongerThanALease_IsNotTakenForAbandoned()
    {
        var options = SplitFog.Options(Synthetic.Engines(new SyntheticTiming { CallSeconds = 5e-3 }), serving =>
            (serving.KvLeaseSeconds, serving.MaxSequences, serving.MaxStepTokens) = (LeaseSeconds, 1, 16));
        await using var fog = await TestFog.ServeAsync(options);
        var (first, second) = (Synthetic.Request("first", 20, 300), Synthetic.Request("second", 20, 300, seed: 1));

        var answers = await Task.WhenAll(fog.RunAsync(first), fog.RunAsync(second));

        SplitFog.AssertExact(first, answers[0]);
        SplitFog.AssertExact(second, answers[1]);
        Assert.All(answers, answer => Assert.Equal(0, answer.Last.Timeline!.Replays));
        var held = answers.Max(answer => answer.Last.Timeline!.SlotWaitSeconds);
        Assert.True(held > LeaseSeconds, $"held for {held} s only");
    }

    private static async Task<IReplicaGrain> ReplicaAsync(TestFog fog, ReplicaRole role)
    {
        var status = await fog.Plan.GetStatusAsync();
        return fog.Client.GetGrain<IReplicaGrain>(status.ReplicaKeys[status.Plan!.Replicas.ToList().FindIndex(replica => replica.Role == role)]);
    }
}
