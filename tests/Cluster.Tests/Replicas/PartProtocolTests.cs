using E2LLM.Cluster.Tests.Faults;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Parts;
using E2LLM.Inference.Synthetic;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Cluster.Tests.Replicas;

/// <summary>What a reader and a replica make of words that are lost, late or doubled.</summary>
public sealed class PartProtocolTests
{
    [Fact]
    public async Task Submit_TwiceWhileItRuns_RunsOnce()
    {
        var slow = new SyntheticTiming { CallSeconds = 5e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)));
        var (replica, probe) = await ProbeAsync(fog);
        var request = Synthetic.Request("twice", maxTokens: 100);

        Assert.Null(await probe.SubmitAsync(1, request));
        Assert.Null(await probe.SubmitAsync(1, request));
        await probe.UntilAsync(update => update.IsLast);

        Assert.Equal(1, (await replica.GetStatusAsync()).CompletedRequests);
    }

    [Fact]
    public async Task Want_UpdatesThatTheReaderLacks_AreSentAgain()
    {
        var slow = new SyntheticTiming { CallSeconds = 1e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)));
        var (_, probe) = await ProbeAsync(fog);
        probe.LosesDeliveries = true;
        var request = Synthetic.Request("lossy", maxTokens: 20);
        await probe.SubmitAsync(1, request);
        await fog.DrainedAsync();
        probe.LosesDeliveries = false;

        await probe.WantAsync(2, new PartSeen(1, 0));

        // One of before may have been on its way; a reader leaves it, as it lacks what comes first. Of another the replica may not have heard
        // that it was lost; until then nothing is sent again.
        PartDelivery delivery;
        while ((delivery = await probe.NextAsync(2, new PartSeen(1, 0))).From != 0)
            Assert.NotEmpty(delivery.Updates);
        Assert.Equal(Synthetic.Expected(request), delivery.Updates.SelectMany(update => update.Chunk!.Tokens));
        Assert.True(delivery.Updates[^1].IsLast);
    }

    [Fact]
    public async Task Want_PartThatIsNotNamed_IsEnded()
    {
        var slow = new SyntheticTiming { CallSeconds = 1e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)));
        var (_, probe) = await ProbeAsync(fog);
        await probe.SubmitAsync(1, Synthetic.Request("unwanted", maxTokens: 4000));
        await probe.NextAsync();

        Assert.Empty(await probe.WantAsync(2));

        Assert.Equal(0, (await fog.DrainedAsync()).RunningRequests);
    }

    [Fact]
    public async Task Want_PartThatCameAfterItWasSaid_GoesOn()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var (_, probe) = await ProbeAsync(fog);
        await probe.SubmitAsync(2, Synthetic.Request("later", maxTokens: 200));

        Assert.Empty(await probe.WantAsync(2)); // said before part 2 was opened

        var last = await probe.UntilAsync(update => update.IsLast);
        Assert.Equal(FinishReason.Length, last.Chunk!.Finish);
    }

    [Fact]
    public async Task End_OvertakesItsSubmission_IsMadeGoodByTheNextWord()
    {
        var slow = new SyntheticTiming { CallSeconds = 1e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)));
        var (_, probe) = await ProbeAsync(fog);
        await probe.EndAsync(1);
        await probe.SubmitAsync(1, Synthetic.Request("early", maxTokens: 4000));

        await probe.WantAsync(2);

        Assert.Equal(0, (await fog.DrainedAsync()).RunningRequests);
    }

    [Fact]
    public async Task Want_PartThatTheReplicaDoesNotKnow_IsNamed()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var (_, probe) = await ProbeAsync(fog);

        Assert.Equal(7L, Assert.Single(await probe.WantAsync(8, new PartSeen(7, 0))));
    }

    [Theory]
    [InlineData("IReplicaGrain.SubmitAsync", FaultKind.Delay)] // the end overtakes the submission
    [InlineData("IReplicaGrain.SubmitAsync", FaultKind.LostReply)]
    [InlineData("IReplicaGrain.EndPartAsync", FaultKind.LostCall)]
    public async Task Dispose_TheOnlyPartOfAReplicaAndAWordGoesAstray_EndsItLongBeforeItsLease(string call, FaultKind fault)
    {
        var faults = new GrainFaults(1, new FaultRule
        {
            Calls = call,
            Delays = fault == FaultKind.Delay ? 1 : 0,
            LostReplies = fault == FaultKind.LostReply ? 1 : 0,
            LostCalls = fault == FaultKind.LostCall ? 1 : 0,
            MaxDelay = TimeSpan.FromSeconds(0.5),
            MaxFaults = 1,
        });
        var slow = new SyntheticTiming { CallSeconds = 0.02 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)) with
        {
            Serving = serving => serving.KvLeaseSeconds = 600,
            Faults = faults,
        });
        var replica = (await fog.Plan.GetStatusAsync()).ReplicaKeys[0];
        var inbox = fog.Silos[0].GetRequiredService<PartInbox>();
        using var first = inbox.Open(replica, Synthetic.Request("first", maxTokens: 1), RunMode.Whole);
        await foreach (var _ in first.Updates.ReadAllAsync())
            continue;
        var steps = (await fog.DrainedAsync()).CompletedSteps;
        faults.Begin();

        var part = inbox.Open(replica, Synthetic.Request("closed", maxTokens: 4000), RunMode.Whole);
        if (fault == FaultKind.LostCall)
            await part.Updates.WaitToReadAsync();
        part.Dispose();

        await fog.RanAsync(steps + 1);
        await fog.DrainedAsync();
        faults.AssertInjected(fault, 1, call);
    }

    [Fact]
    public async Task Submit_MoreThanTheQueueHolds_IsRefusedAsAValueThatNamesTheKey()
    {
        var slow = new SyntheticTiming { CallSeconds = 5e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)) with
        {
            Serving = serving => (serving.MaxSequences, serving.MaxQueuedRequests) = (1, 1),
        });
        var (_, probe) = await ProbeAsync(fog);
        await probe.SubmitAsync(1, Synthetic.Request("a", maxTokens: 4000));
        await probe.NextAsync(); // it runs, so the queue is empty
        await probe.SubmitAsync(2, Synthetic.Request("b", maxTokens: 4000));

        var refusal = await probe.SubmitAsync(3, Synthetic.Request("c"));

        Assert.Equal((FailedParty.Queue, true), (refusal!.Party, refusal.MayRetry));
        Assert.Contains("MaxQueuedRequests", refusal.Message);
        await probe.WantAsync(4);
        await fog.AllDrainedAsync();
    }

    private static async Task<(IReplicaGrain Replica, PartProbe Probe)> ProbeAsync(TestFog fog)
    {
        var replica = fog.Client.GetGrain<IReplicaGrain>((await fog.Plan.GetStatusAsync()).ReplicaKeys[0]);
        return (replica, new PartProbe(fog, replica));
    }
}
