using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Requests;

public sealed class RejectionTests
{
    [Fact]
    public async Task Run_PromptLongerThanTheContext_FailsAsTheClientsFault()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        var answer = await fog.RunAsync(Synthetic.Request("long", promptTokens: Synthetic.Model.ContextLengthTokens + 1));

        Assert.Equal(FinishReason.Failed, answer.Finish);
        Assert.Equal(FailedParty.Client, answer.Last.Failure!.Party);
        Assert.Contains("4097 tokens", answer.Last.Failure.Message);
        Assert.Contains("MaxSequenceTokens", answer.Last.Failure.Message);
    }

    [Fact]
    public async Task Run_IdUsedBefore_IsRejected()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await fog.RunAsync(Synthetic.Request("twice"));

        var error = await Assert.ThrowsAsync<RequestRejectedException>(() => fog.RunAsync(Synthetic.Request("twice")));

        Assert.Contains("'twice'", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Run_NoTokensWanted_IsRejected(int maxTokens)
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        await Assert.ThrowsAsync<RequestRejectedException>(() => fog.RunAsync(Synthetic.Request("none", maxTokens: maxTokens)));
    }

    [Fact]
    public async Task Run_QueueFull_FailsAtOnceAndNamesTheLimit()
    {
        // One device: three small ones would be three replicas, each with room of its own.
        var options = Synthetic.Options([[Synthetic.Device("only")]], Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 })) with
        {
            Serving = serving => (serving.MaxSequences, serving.MaxQueuedRequests) = (1, 1),
        };
        await using var fog = await TestFog.ServeAsync(options);
        await using var running = fog.Request("running").RunAsync(Synthetic.Request("running", maxTokens: 4000)).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        await using var queued = fog.Request("queued").RunAsync(Synthetic.Request("queued")).GetAsyncEnumerator();
        var waiting = queued.MoveNextAsync().AsTask();
        await fog.QueuedAsync(waiting);

        var answer = await fog.RunAsync(Synthetic.Request("refused"));

        Assert.Equal((FinishReason.Failed, FailedParty.Queue), (answer.Finish!.Value, answer.Last.Failure!.Party));
        Assert.True(answer.Last.Failure.MayRetry);
        Assert.True(answer.Last.Failure.RetryAfterSeconds > 0);
        await running.DisposeAsync();
        Assert.True(await waiting);
    }

    [Fact]
    public async Task Run_WaitBeyondTheDeadline_IsRefusedAtOnceWithTheQuotedWait()
    {
        var options = Synthetic.Options([[Synthetic.Device("only")]], Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 })) with
        {
            Serving = serving => serving.MaxSequences = 1,
        };
        await using var fog = await TestFog.ServeAsync(options);
        await using var running = fog.Request("running").RunAsync(Synthetic.Request("running", maxTokens: 4000)).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());

        var answer = await fog.RunAsync(Synthetic.Request("hasty") with { DeadlineSeconds = 0.1 });

        Assert.Equal((FinishReason.Failed, FailedParty.Queue), (answer.Finish!.Value, answer.Last.Failure!.Party));
        Assert.Contains("DeadlineSeconds", answer.Last.Failure.Message);
        Assert.True(answer.Last.Failure.RetryAfterSeconds > 0.1);
    }

    [Fact]
    public async Task Run_NothingApplied_SaysThatTheModelIsNotServed()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());

        var answer = await fog.RunAsync(Synthetic.Request("early"));

        Assert.Equal(FinishReason.Failed, answer.Finish);
        Assert.Contains("not being served", answer.Last.Failure!.Message);
    }
}
