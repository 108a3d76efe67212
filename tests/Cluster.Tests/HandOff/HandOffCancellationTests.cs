using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.HandOff;

public sealed class HandOffCancellationTests
{
    /// <summary>Slow enough that a request is somewhere on its way for most of the time.</summary>
    private static readonly SyntheticTiming Slow = new() { CallSeconds = 1e-3 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_CancelledAtAnyMoment_FreesBothSidesAndHarmsNobody(int seed)
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(Synthetic.Engines(Slow)));
        var random = new Random(seed);
        var requests = Enumerable.Range(0, 60).Select(index => (
            Request: Synthetic.Request($"c{index}", 1 + random.Next(80), 1 + random.Next(30), (uint)index),
            Moment: index % 3 == 0 ? (TimeSpan?)null : TimeSpan.FromMilliseconds(random.Next(1500)))).ToArray();

        await Task.WhenAll(requests.Select(async item =>
        {
            var running = fog.RunAsync(item.Request);
            if (item.Moment is { } moment)
            {
                await Task.WhenAny(running, Task.Delay(moment, TimeProvider.System));
                await fog.Request(item.Request.Id).CancelAsync();
            }
            var answer = await running;
            if (answer.Finish != FinishReason.Cancelled)
                SplitFog.AssertExact(item.Request, answer);
            else
                Assert.Equal(Synthetic.Expected(item.Request).Take(answer.Tokens.Count), answer.Tokens);
            Assert.True(item.Moment is not null || answer.Finish == FinishReason.Length);
        }));

        await SplitFog.AssertAllFreeAsync(fog);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_ReaderLeavesWhileTheCacheIsHandedOver_FreesBothSides(bool whileSending)
    {
        var handingOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var engines = new FaultyEngines(Synthetic.Engines(Slow), (_, _) => false, spec =>
        {
            if (SplitFog.IsPrefill(spec) == whileSending)
                handingOver.TrySetResult();
            return false;
        });
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(engines));
        using var leave = new CancellationTokenSource();
        var reading = ReadAsync(leave.Token);

        await handingOver.Task;
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await SplitFog.AssertAllFreeAsync(fog);
        Assert.Equal(FinishReason.Cancelled, await FinishAsync(fog, "left"));

        async Task ReadAsync(CancellationToken cancellationToken)
        {
            await foreach (var _ in fog.Request("left").RunAsync(Synthetic.Request("left", 200, 3000), cancellationToken))
            {
            }
        }
    }

    [Fact]
    public async Task Run_AbandonedReader_FreesBothSidesWhenItsLeaseEnds()
    {
        var options = SplitFog.Options(Synthetic.Engines(Slow)) with { Requests = requests => requests.ReaderLeaseSeconds = 1 };
        await using var fog = await TestFog.ServeAsync(options);
        await using var reader = fog.Request("gone").RunAsync(Synthetic.Request("gone", 40, 3000)).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());

        // The reader holds its place and fetches nothing more, as a killed client does.
        await SplitFog.AssertAllFreeAsync(fog);

        Assert.Equal(FinishReason.Cancelled, await FinishAsync(fog, "gone"));
    }

    /// <summary>The replicas are free a moment before the request has noted its end.</summary>
    private static async Task<FinishReason?> FinishAsync(TestFog fog, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (await fog.Request(id).GetAsync() is { Phase: RequestPhase.Done } record)
                return record.Finish;
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}
