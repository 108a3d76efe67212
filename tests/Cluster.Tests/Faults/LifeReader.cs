using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>Lives a life: reads an answer over a network that loses messages, and checks every token of it.</summary>
internal static class LifeReader
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(60);

    /// <param name="fog">The cluster.</param>
    /// <param name="life">What to do.</param>
    /// <param name="limit">Whoever has not ended by then hangs.</param>
    public static async Task<LifeEnd> RunAsync(TestFog fog, Life life, CancellationToken limit)
    {
        List<int> tokens = [];
        var cancelling = life is { Reader: Reader.Cancels, AfterTokens: 0 } ? CancelAsync(fog, life, limit) : null;
        try
        {
            var end = await ReadAsync();
            await (cancelling ?? Task.CompletedTask);
            return end;
        }
        catch (TimeoutException)
        {
            return LifeEnd.ReaderLost;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return LifeEnd.Hung;
        }
        finally
        {
            Assert.Equal(Synthetic.Expected(life.Request).Take(tokens.Count), tokens);
        }

        async Task<LifeEnd> ReadAsync()
        {
            var pauses = new Random(life.AfterTokens);
            TokenChunk? last = null;
            await foreach (var chunk in fog.Request(life.Request.Id).RunAsync(life.Request, limit))
            {
                Assert.Equal(tokens.Count, chunk.FirstIndex);
                tokens.AddRange(chunk.Tokens);
                last = chunk;
                if (life.Reader == Reader.Leaves && tokens.Count >= life.AfterTokens)
                    return LifeEnd.GivenUp;
                if (life.Reader == Reader.Cancels && tokens.Count >= life.AfterTokens)
                    cancelling ??= CancelAsync(fog, life, limit);
                if (life.Reader == Reader.IsSlow)
                    await Task.Delay(LongestPause * pauses.NextDouble(), TimeProvider.System, limit);
            }
            return EndOf(life, last, tokens.Count);
        }
    }

    /// <summary>Ends when the request has noted its end too; what it noted is a part of the answer.</summary>
    /// <returns>False where it has not by the limit.</returns>
    public static async Task<bool> IsDoneAsync(TestFog fog, Life life, CancellationToken limit)
    {
        while (!limit.IsCancellationRequested)
        {
            // None: the first message was lost, and the request never came to be.
            var record = await fog.Request(life.Request.Id).GetAsync();
            if (record is not (null or { Phase: RequestPhase.Done }))
                continue;
            Assert.Equal(Synthetic.Expected(life.Request).Take(record?.GeneratedTokens.Length ?? 0), record?.GeneratedTokens ?? []);
            return true;
        }
        return false;
    }

    private static LifeEnd EndOf(Life life, TokenChunk? last, int tokens)
    {
        switch (last)
        {
            case { Finish: FinishReason.Length } when tokens == life.Request.MaxTokens:
                return LifeEnd.Whole;
            case { Finish: FinishReason.Cancelled } when life.Reader == Reader.Cancels:
                return LifeEnd.GivenUp;
            case { Finish: FinishReason.Failed, Failure.MayRetry: true }:
                return LifeEnd.Failed;
            default:
                Assert.Fail($"{life.Request.Id} ended after {tokens} of {life.Request.MaxTokens} tokens with {last}");
                throw null;
        }
    }

    /// <summary>Says it until it has been heard.</summary>
    private static async Task CancelAsync(TestFog fog, Life life, CancellationToken limit)
    {
        while (true)
        {
            try
            {
                await fog.Request(life.Request.Id).CancelAsync();
                return;
            }
            catch (TimeoutException)
            {
                limit.ThrowIfCancellationRequested();
            }
        }
    }
}
