using System.Runtime.CompilerServices;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Gateway.Tests.Chat;

public sealed class AnswerReaderTests
{
    private readonly List<string> _events = [];
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _cut = new();

    [Fact]
    public async Task Dispose_OfAnAnswerThatWasCutShort_TellsTheFleetAndOnlyThenLeavesTheEnumeration()
    {
        var reader = Read(() =>
        {
            _events.Add("interrupted");
            return Task.CompletedTask;
        });
        Assert.True(await reader.MoveNextAsync());
        var next = reader.MoveNextAsync();

        await _cut.CancelAsync();

        Assert.True(await next);
        Assert.Equal((FinishReason.Interrupted, true), (reader.Current.Finish!.Value, reader.Current.Failure!.MayRetry));
        Assert.False(await reader.MoveNextAsync());
        await reader.DisposeAsync();
        Assert.Equal(["interrupted", "left"], _events);
    }

    [Fact]
    public async Task Dispose_WhereTheFleetDoesNotAnswer_WaitsSomeSecondsAndNoLonger()
    {
        var reader = Read(() => Task.Delay(Timeout.InfiniteTimeSpan, _time));
        Assert.True(await reader.MoveNextAsync());
        var next = reader.MoveNextAsync();
        await _cut.CancelAsync();
        Assert.True(await next);

        var disposal = reader.DisposeAsync().AsTask();

        Assert.False(disposal.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        await disposal.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["left"], _events);
    }

    [Fact]
    public async Task Dispose_OfAnAnswerThatEnded_TellsTheFleetNothing()
    {
        await using (var reader = new AnswerReader(EndsAsync(), () => throw new InvalidOperationException("It has ended."), _time, _cut.Token, CancellationToken.None))
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.False(await reader.MoveNextAsync());
            await _cut.CancelAsync();
        }
    }

    private AnswerReader Read(Func<Task> interrupt) => new(GoesOnAsync(), interrupt, _time, _cut.Token, CancellationToken.None);

    private async IAsyncEnumerable<ChatDelta> GoesOnAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new ChatDelta { Text = "Once" };
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            _events.Add("left");
        }
    }

    private static async IAsyncEnumerable<ChatDelta> EndsAsync()
    {
        await Task.Yield();
        yield return new ChatDelta { Text = "Once", Finish = FinishReason.Stop };
    }
}
