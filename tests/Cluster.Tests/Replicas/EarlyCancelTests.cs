using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Replicas;

public sealed class EarlyCancelTests
{
    [Fact]
    public async Task Cancel_BeforeTheRequestBegins_IsNotForgotten()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var replica = fog.Client.GetGrain<IReplicaGrain>((await fog.Plan.GetStatusAsync()).ReplicaKeys[0]);
        await replica.CancelAsync("early");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in replica.GenerateAsync(Synthetic.Request("early")))
                Assert.Fail("a token came");
        });

        Assert.Equal(0, (await fog.DrainedAsync()).RunningRequests);
    }

    [Fact]
    public async Task Cancel_RunningRequest_EndsItsStream()
    {
        var slow = new SyntheticTiming { CallSeconds = 1e-3 };
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(slow)));
        var replica = fog.Client.GetGrain<IReplicaGrain>((await fog.Plan.GetStatusAsync()).ReplicaKeys[0]);
        TokenChunk? last = null;

        await foreach (var chunk in replica.GenerateAsync(Synthetic.Request("running", maxTokens: 4000)))
        {
            if (last is null)
                await replica.CancelAsync("running");
            last = chunk;
        }

        Assert.Equal(FinishReason.Cancelled, last!.Finish);
        await fog.DrainedAsync();
    }
}
