using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Requests;

/// <summary>Records that a process left behind which is gone.</summary>
public sealed class InterruptedRequestTests
{
    [Theory]
    [InlineData(RequestPhase.Accepted)]
    [InlineData(RequestPhase.Decode)]
    public async Task Get_NobodyWorksOnItAnyMore_IsInterruptedAndSoItStays(RequestPhase phase)
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await StoredRequests.LeaveBehindAsync(fog, "left", phase);

        var record = (await fog.Request("left").GetAsync())!;

        Assert.Equal((RequestPhase.Done, FinishReason.Interrupted), (record.Phase, record.Finish));
        Assert.Equal((phase, true), (record.Failure!.Phase, record.Failure.MayRetry));
        Assert.Equal(FinishReason.Interrupted, (await StoredRequests.ReadAsync(fog, "left"))!.Finish);
        await fog.Request("left").CancelAsync();
        Assert.Equal(record.Failure, (await fog.Request("left").GetAsync())!.Failure);
    }

    [Fact]
    public async Task Interrupt_ByAReaderWhoseSiloStops_EndsTheStreamAndIsInTheJournalAndCounted()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(new() { CallSeconds = 1e-3 })));
        TokenChunk? last = null;
        var isCut = false;

        await foreach (var chunk in fog.Request("cut").RunAsync(Synthetic.Request("cut", maxTokens: 4000)))
        {
            if (!isCut && chunk.Tokens.Length > 0)
            {
                isCut = true;
                await fog.Request("cut").InterruptAsync();
                Assert.Equal(FinishReason.Interrupted, (await StoredRequests.ReadAsync(fog, "cut"))!.Finish);
            }
            last = chunk;
        }

        Assert.Equal((FinishReason.Interrupted, true), (last!.Finish!.Value, last.Failure!.MayRetry));
        var counts = (await fog.CountedAsync(1)).Whole;
        Assert.Equal((1, 0), (counts.Failed, counts.Cancelled));
        await fog.Request("cut").InterruptAsync();
        await fog.Request("never run").InterruptAsync();
        Assert.Null(await fog.Request("never run").GetAsync());
    }

    [Fact]
    public async Task Get_Interrupted_IsCountedOnce()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await StoredRequests.LeaveBehindAsync(fog, "left", RequestPhase.Accepted);

        for (var asked = 0; asked < 3; asked++)
        {
            await fog.Request("left").GetAsync();
            await DeactivateAsync(fog);
        }
        await fog.RunAsync(Synthetic.Request("other"));

        var counts = (await fog.CountedAsync(2)).Whole;
        Assert.Equal((2, 1), (counts.Requests, counts.Failed));
    }

    [Fact]
    public async Task Run_InterruptedBeforeItsFirstToken_IsAnsweredUnderTheSameId()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await StoredRequests.LeaveBehindAsync(fog, "again", RequestPhase.Accepted);

        var answer = await fog.RunAsync(Synthetic.Request("again"));

        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.Equal(Synthetic.Expected(Synthetic.Request("again")), answer.Tokens);
        Assert.Equal(FinishReason.Length, (await fog.DoneAsync("again")).Finish);
    }

    [Fact]
    public async Task Run_InterruptedAfterItsFirstToken_IsRejected()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await StoredRequests.LeaveBehindAsync(fog, "begun", RequestPhase.Decode);

        await Assert.ThrowsAsync<RequestRejectedException>(() => fog.RunAsync(Synthetic.Request("begun")));
    }

    [Fact]
    public async Task Run_FirstTokenIsThere_TheJournalSaysSo()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(new() { CallSeconds = 1e-3 })));
        var request = Synthetic.Request("running", maxTokens: 4000) with { CallerId = "somebody" };
        await using var running = fog.Request("running").RunAsync(request).GetAsyncEnumerator();
        while (await running.MoveNextAsync() && running.Current.Tokens.IsEmpty)
        {
        }

        var record = await StoredRequests.WaitAsync(fog, "running", stored => stored.Phase == RequestPhase.Decode);
        Assert.Equal("somebody", record.Request.CallerId);
    }

    private static Task DeactivateAsync(TestFog fog) =>
        fog.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
}
