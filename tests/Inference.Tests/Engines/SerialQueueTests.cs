using E2LLM.Inference.Engines;

namespace E2LLM.Inference.Tests.Engines;

public sealed class SerialQueueTests
{
    [Fact]
    public async Task Enqueue_WhileATurnIsCancelled_StillKeepsLaterTurnsBehindEarlierOnes()
    {
        var queue = new SerialQueue();
        var first = new TaskCompletionSource<int>();
        using var cancellation = new CancellationTokenSource();
        var dropped = false;
        var firstTurn = queue.Enqueue(() => first.Task, () => { }, CancellationToken.None);
        var cancelled = queue.Enqueue(() => Task.FromResult(2), () => dropped = true, cancellation.Token);
        var third = queue.Enqueue(() => Task.FromResult(3), () => { }, CancellationToken.None);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.True(dropped);
        Assert.False(third.IsCompleted);
        first.SetResult(1);
        Assert.Equal((1, 3), (await firstTurn, await third));
        await queue.WhenIdleAsync();
    }

    [Fact]
    public async Task Enqueue_AfterATurnThatFailed_GoesOn()
    {
        var queue = new SerialQueue();
        var failed = queue.Enqueue<int>(() => throw new InvalidDataException(), () => { }, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidDataException>(() => failed);
        Assert.Equal(1, await queue.Enqueue(() => Task.FromResult(1), () => { }, CancellationToken.None));
    }
}
