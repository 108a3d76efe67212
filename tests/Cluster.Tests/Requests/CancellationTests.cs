using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Requests;

public sealed class CancellationTests
{
    /// <summary>Slow enough that an answer of thousands of tokens never ends by itself during a test.</summary>
    private static readonly SyntheticTiming Slow = new() { CallSeconds = 1e-3 };

    [Fact]
    public async Task Run_ReaderLeavesEarly_FreesTheSequenceOnEveryStage()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));

        await foreach (var chunk in fog.Request("left").RunAsync(Synthetic.Request("left", maxTokens: 4000)))
            if (chunk.Tokens.Length > 0)
                break;

        await AssertAllFreeAsync(fog);
        Assert.Equal(FinishReason.Cancelled, (await fog.DoneAsync("left")).Finish);
    }

    [Fact]
    public async Task Cancel_ByAnotherCaller_EndsTheStreamAndFreesTheSequence()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));
        TokenChunk? last = null;

        await foreach (var chunk in fog.Request("told").RunAsync(Synthetic.Request("told", maxTokens: 4000)))
        {
            if (last is null)
                await fog.Request("told").CancelAsync();
            last = chunk;
        }

        Assert.Equal(FinishReason.Cancelled, last!.Finish);
        await AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Interrupt_ByAGatewayThatStops_EndsTheStreamWithAFailureThatMayBeTriedAgainAndIsCounted()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));
        TokenChunk? last = null;

        await foreach (var chunk in fog.Request("cut").RunAsync(Synthetic.Request("cut", maxTokens: 4000)))
        {
            if (last is null)
                await fog.Request("cut").InterruptAsync();
            last = chunk;
        }

        Assert.Equal((FinishReason.Interrupted, true), (last!.Finish, last.Failure!.MayRetry));
        var record = (await fog.Request("cut").GetAsync())!;
        Assert.Equal((FinishReason.Interrupted, RequestPhase.Decode), (record.Finish, record.Failure!.Phase));
        Assert.Equal(1, (await fog.CountedAsync(1)).Whole.Failed);
        await AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Interrupt_OfARequestThatNobodyRuns_IsHarmless()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        await fog.Request("none").InterruptAsync();

        Assert.Null(await fog.Request("none").GetAsync());
    }

    [Fact]
    public async Task End_ByTheReader_KeepsTheTokensThatCountAndTheirTimes()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));
        await using var reader = fog.Request("enough").RunAsync(Synthetic.Request("enough", maxTokens: 4000)).GetAsyncEnumerator();
        var tokens = 0;
        while (tokens < 3 && await reader.MoveNextAsync())
            tokens += reader.Current.Tokens.Length;

        var timeline = (await fog.Request("enough").EndAsync(2))!;

        var record = await fog.DoneAsync("enough");
        Assert.Equal(FinishReason.Stop, record.Finish);
        Assert.Equal(Synthetic.Expected(Synthetic.Request("enough")).Take(2), record.GeneratedTokens);
        Assert.Equal((2, 2), (timeline.GeneratedTokens, timeline.TokenSeconds.Length));
        Assert.True(timeline.FirstTokenSeconds <= timeline.LastTokenSeconds && timeline.LastTokenSeconds <= timeline.DoneSeconds);
        await AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task End_ByTheReader_HasTheTimesOfItsReplicaAndCountsAmongTheLatencies()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));

        var timeline = await StopAsync(fog, "enough", tokens: 3);

        Assert.Equal(("1/r0", ""), (timeline.Replica, timeline.DecoderReplica));
        Assert.Equal(3, timeline.Devices.Length);
        Assert.True(0 <= timeline.WaitSeconds && timeline.PrefillStartSeconds <= timeline.PrefillEndSeconds);
        Assert.True(timeline.PrefillEndSeconds <= timeline.FirstTokenSeconds && timeline.FirstTokenSeconds <= timeline.LastTokenSeconds);
        var whole = (await fog.CountedAsync(1)).Whole;
        Assert.Equal((1, 0, 0), (whole.Requests, whole.Cancelled, whole.Failed));
        Assert.All(
            [RequestFigure.Wait, RequestFigure.QueueWait, RequestFigure.Prefill, RequestFigure.TimeToFirstToken, RequestFigure.TimePerOutputToken, RequestFigure.EndToEnd],
            figure => Assert.Equal(1, whole.Find(figure)?.Count));
    }

    [Fact]
    public async Task End_ByTheReaderOfASplitRequest_HasTheTimesOfBothReplicas()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(Synthetic.Engines(Slow)));

        var timeline = await StopAsync(fog, "enough", tokens: 5);

        Assert.Equal(("1/r0", "1/r1"), (timeline.Replica, timeline.DecoderReplica));
        Assert.True(timeline.PrefillStartSeconds <= timeline.PrefillEndSeconds && timeline.KvSentSeconds <= timeline.DecodeStartSeconds);
        Assert.True(timeline.DecodeStartSeconds <= timeline.LastTokenSeconds);
        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task End_AnswerHadReachedItsLimitMeanwhile_IsKeptAsTheReaderSays()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var answer = await fog.RunAsync(Synthetic.Request("over"));
        Assert.Equal((FinishReason.Length, 10), (answer.Finish, answer.Tokens.Count));

        var timeline = (await fog.Request("over").EndAsync(4))!;

        var record = (await fog.Request("over").GetAsync())!;
        Assert.Equal(FinishReason.Stop, record.Finish);
        Assert.Equal(answer.Tokens.Take(4), record.GeneratedTokens);
        Assert.Equal((4, 4), (timeline.GeneratedTokens, timeline.TokenSeconds.Length));
        Assert.True(timeline.FirstTokenSeconds <= timeline.LastTokenSeconds && timeline.LastTokenSeconds <= timeline.DoneSeconds);
    }

    [Fact]
    public async Task Run_CancellationToken_StopsTheWork()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeSilos(Synthetic.Engines(Slow)));
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in fog.Request("token").RunAsync(Synthetic.Request("token", maxTokens: 4000), cancel.Token))
                if (chunk.Tokens.Length > 0)
                    await cancel.CancelAsync();
        });

        await AssertAllFreeAsync(fog);
    }

    [Fact]
    public async Task Run_WhileQueued_CancelLeavesTheOthersAlone()
    {
        // One device: several small ones could be a replica each, and nothing would queue.
        var options = Synthetic.Options([[Synthetic.Device("only")]], Synthetic.Engines(Slow)) with { Serving = serving => serving.MaxSequences = 1 };
        await using var fog = await TestFog.ServeAsync(options);
        var first = Synthetic.Request("first", maxTokens: 1000);
        await using var running = fog.Request("first").RunAsync(first).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        await using var queued = fog.Request("second").RunAsync(Synthetic.Request("second")).GetAsyncEnumerator();
        var waiting = queued.MoveNextAsync().AsTask();
        await fog.QueuedAsync(waiting);

        await fog.Request("second").CancelAsync();

        Assert.True(await waiting);
        Assert.Equal(FinishReason.Cancelled, queued.Current.Finish);
        List<int> tokens = [.. running.Current.Tokens];
        while (await running.MoveNextAsync())
            tokens.AddRange(running.Current.Tokens);
        Assert.Equal(Synthetic.Expected(first), tokens);
    }

    [Fact]
    public async Task Run_AbandonedReader_IsCancelledWhenItsLeaseEnds()
    {
        var options = Synthetic.ThreeSilos(Synthetic.Engines(Slow)) with { Requests = requests => requests.ReaderLeaseSeconds = 1 };
        await using var fog = await TestFog.ServeAsync(options);
        await using var reader = fog.Request("gone").RunAsync(Synthetic.Request("gone", maxTokens: 4000)).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());

        // The reader holds its place and fetches nothing more, as a killed client does.
        await AssertAllFreeAsync(fog);

        Assert.Equal(FinishReason.Cancelled, (await fog.DoneAsync("gone")).Finish);
    }

    /// <summary>Reads so many tokens, or a few more, and has enough then.</summary>
    private static async Task<RequestTimeline> StopAsync(TestFog fog, string id, int tokens)
    {
        await using var reader = fog.Request(id).RunAsync(Synthetic.Request(id, maxTokens: 3000)).GetAsyncEnumerator();
        for (var read = 0; read < tokens && await reader.MoveNextAsync();)
            read += reader.Current.Tokens.Length;
        return (await fog.Request(id).EndAsync(tokens))!;
    }

    private static async Task AssertAllFreeAsync(TestFog fog)
    {
        var replica = await fog.DrainedAsync();
        Assert.Equal(0, replica.ReservedKvCells);
        var stages = await fog.StagesAsync();
        Assert.True(stages.Length >= 2);
        Assert.All(stages, stage => Assert.Equal((0, 0), (stage.Usage.OpenSequences, stage.Usage.KvCellsInUse)));
    }
}
