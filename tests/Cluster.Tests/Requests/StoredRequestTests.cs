using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Requests;

/// <summary>What the journal keeps of requests, and how it goes.</summary>
public sealed class StoredRequestTests
{
    [Fact]
    public async Task Delete_RequestThatIsDone_LeavesNothingAndFreesItsId()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await fog.RunAsync(Synthetic.Request("done"));
        await StoredRequests.WaitAsync(fog, "done", record => record.Phase == RequestPhase.Done);

        Assert.True(await fog.Request("done").DeleteAsync());

        Assert.Null(await StoredRequests.ReadAsync(fog, "done"));
        Assert.Null(await fog.Request("done").GetAsync());
        Assert.False(await fog.Request("done").DeleteAsync());
        Assert.Equal(1, (await fog.CountedAsync(1)).Whole.Requests);
        Assert.Equal(FinishReason.Length, (await fog.RunAsync(Synthetic.Request("done"))).Finish);
        Assert.Equal(2, (await fog.CountedAsync(2)).Whole.Requests);
    }

    [Fact]
    public async Task Delete_RequestThatIsDoneAMomentAgo_DoesNotComeBackWithItsLastWrite()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        for (var turn = 0; turn < 20; turn++)
        {
            await fog.RunAsync(Synthetic.Request($"r{turn}", maxTokens: 1));
            Assert.True(await fog.Request($"r{turn}").DeleteAsync());
            Assert.Null(await StoredRequests.ReadAsync(fog, $"r{turn}"));
        }
    }

    [Fact]
    public async Task Delete_RequestThatRuns_StopsItAndKeepsItsRecord()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 })));
        await using var running = fog.Request("runs").RunAsync(Synthetic.Request("runs", maxTokens: 4000)).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());

        Assert.False(await fog.Request("runs").DeleteAsync());

        Assert.Equal(FinishReason.Cancelled, (await fog.DoneAsync("runs")).Finish);
        await StoredRequests.WaitAsync(fog, "runs", record => record.Finish == FinishReason.Cancelled);
        Assert.True(await fog.Request("runs").DeleteAsync());
    }

    [Fact]
    public async Task Delete_ReaderHasTheEndYetToCome_ReadsToTheEnd()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var request = Synthetic.Request("slow", maxTokens: 2);
        await using var reader = fog.Request("slow").RunAsync(request).WithBatchSize(1).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        List<int> tokens = [.. reader.Current.Tokens];
        await fog.DoneAsync("slow");

        Assert.True(await fog.Request("slow").DeleteAsync());

        while (reader.Current.Finish is null && await reader.MoveNextAsync())
            tokens.AddRange(reader.Current.Tokens);
        Assert.Equal(Synthetic.Expected(request), tokens);
        Assert.Equal(FinishReason.Length, reader.Current.Finish);
        Assert.Null(await fog.Request("slow").GetAsync());
    }

    [Fact]
    public async Task Delete_RequestThatAnotherProcessLeft_LeavesNothing()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        await StoredRequests.LeaveBehindAsync(fog, "left", RequestPhase.Decode);

        Assert.True(await fog.Request("left").DeleteAsync());

        Assert.Null(await StoredRequests.ReadAsync(fog, "left"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_TextIsNotToBeStored_KeepsCountsAndTimesAlone(bool storeText)
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices() with { Requests = requests => requests.StoreText = storeText });
        var request = Synthetic.Request("private", promptTokens: 7);

        var answer = await fog.RunAsync(request);

        Assert.Equal(Synthetic.Expected(request), answer.Tokens);
        var stored = await StoredRequests.WaitAsync(fog, "private", record => record.Phase == RequestPhase.Done);
        Assert.Equal(storeText ? (7, 10) : (0, 0), (stored.Request.PromptTokens.Length, stored.GeneratedTokens.Length));
        Assert.Equal((FinishReason.Length, 7, 10), (stored.Finish, stored.Timeline!.PromptTokens, stored.Timeline.GeneratedTokens));
        // Whoever asks while the request is in memory gets all of it.
        Assert.Equal(answer.Tokens, (await fog.Request("private").GetAsync())!.GeneratedTokens);
    }

    [Fact]
    public async Task Run_QueueFull_IsRefusedWithoutARecordAndMayBeSentAgainUnderItsId()
    {
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

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(index => fog.RunAsync(Synthetic.Request($"x{index}") with { CallerId = "eager" })));

        Assert.All(answers, answer => Assert.Equal(FailedParty.Queue, answer.Last.Failure!.Party));
        var statistics = await fog.CountedAsync(10);
        Assert.Equal((10, 10, 0), (statistics.Whole.Requests, statistics.Whole.Refused, statistics.Whole.Failed));
        Assert.Equal((10, 10, 0), (statistics.Callers[0].Requests, statistics.Callers[0].Refused, statistics.Callers[0].Failed));
        await running.DisposeAsync();
        Assert.True(await waiting);
        await fog.DoneAsync("queued");
        Assert.Equal(FinishReason.Length, (await fog.RunAsync(Synthetic.Request("x0"))).Finish);
        for (var index = 1; index < 10; index++)
            Assert.Null(await StoredRequests.ReadAsync(fog, $"x{index}"));
    }

    [Fact]
    public async Task Run_PromptThatCanNeverFit_IsRefusedAndNotFailed()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        await fog.RunAsync(Synthetic.Request("long", promptTokens: Synthetic.Model.ContextLengthTokens + 1));

        var whole = (await fog.CountedAsync(1)).Whole;
        Assert.Equal((1, 1, 0), (whole.Requests, whole.Refused, whole.Failed));
        Assert.Null(await StoredRequests.ReadAsync(fog, "long"));
    }

    [Fact]
    public async Task Run_TakenAndWaiting_IsInTheJournalBeforeItsFirstToken()
    {
        var options = Synthetic.Options([[Synthetic.Device("only")]], Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 })) with
        {
            Serving = serving => serving.MaxSequences = 1,
        };
        await using var fog = await TestFog.ServeAsync(options);
        await using var running = fog.Request("running").RunAsync(Synthetic.Request("running", maxTokens: 4000)).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        await using var queued = fog.Request("queued").RunAsync(Synthetic.Request("queued")).GetAsyncEnumerator();
        var waiting = queued.MoveNextAsync().AsTask();
        await fog.QueuedAsync(waiting);

        Assert.Equal(RequestPhase.Accepted, (await StoredRequests.WaitAsync(fog, "queued", _ => true)).Phase);

        await running.DisposeAsync();
        Assert.True(await waiting);
    }
}
