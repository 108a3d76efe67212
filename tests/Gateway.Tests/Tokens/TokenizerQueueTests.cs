using E2LLM.Gateway.Tokens;

namespace E2LLM.Gateway.Tests.Tokens;

public sealed class TokenizerQueueTests
{
    private const int LongCharacters = TokenizerQueue.ShortCharacters + 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Run_LongTexts_OneAfterTheOtherAndShortOnesAtOnce()
    {
        using var queue = new TokenizerQueue(places: 1);
        using var blocked = new Block();
        var first = queue.RunAsync(LongCharacters, blocked.Run, CancellationToken.None);
        await blocked.Begun;
        var second = queue.RunAsync(LongCharacters, _ => 2, CancellationToken.None);

        Assert.Equal(3, await queue.RunAsync(TokenizerQueue.ShortCharacters, _ => 3, CancellationToken.None).WaitAsync(Patience));
        Assert.False(second.IsCompleted);

        blocked.End();
        Assert.Equal((1, 2), (await first.WaitAsync(Patience), await second.WaitAsync(Patience)));
    }

    [Fact]
    public async Task Run_CallerLeavesWhileWaiting_LeavesAtOnceAndNothingRuns()
    {
        using var queue = new TokenizerQueue(places: 1);
        using var blocked = new Block();
        using var left = new CancellationTokenSource();
        var first = queue.RunAsync(LongCharacters, blocked.Run, CancellationToken.None);
        await blocked.Begun;
        var hasRun = false;
        var second = queue.RunAsync(LongCharacters, _ => hasRun = true, left.Token);

        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Patience));
        blocked.End();
        await first.WaitAsync(Patience);
        Assert.False(hasRun);
    }

    [Fact]
    public async Task Run_CallerLeavesWhileItRuns_LeavesAtOnceAndThePlaceIsFreeAtItsEnd()
    {
        using var queue = new TokenizerQueue(places: 1);
        using var blocked = new Block();
        using var left = new CancellationTokenSource();
        var first = queue.RunAsync(LongCharacters, blocked.Run, left.Token);
        await blocked.Begun;

        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience));
        var second = queue.RunAsync(LongCharacters, _ => 2, CancellationToken.None);
        Assert.False(second.IsCompleted);
        blocked.End();
        Assert.Equal(2, await second.WaitAsync(Patience));
    }

    [Fact]
    public async Task Run_WorkFails_GivesItsPlaceBack()
    {
        using var queue = new TokenizerQueue(places: 1);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => queue.RunAsync<int>(LongCharacters, _ => throw new InvalidOperationException(), CancellationToken.None));

        Assert.Equal(1, await queue.RunAsync(LongCharacters, _ => 1, CancellationToken.None).WaitAsync(Patience));
    }

    /// <summary>Work that lasts until the test ends it.</summary>
    private sealed class Block : IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _end = new();

        public Task Begun => _begun.Task.WaitAsync(Patience);

        public int Run(CancellationToken cancellationToken)
        {
            _begun.SetResult();
            return _end.Wait(Patience, CancellationToken.None) ? 1 : 0;
        }

        public void End() => _end.Set();

        public void Dispose() => _end.Dispose();
    }
}
