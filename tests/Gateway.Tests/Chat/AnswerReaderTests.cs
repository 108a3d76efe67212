using System.Runtime.CompilerServices;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Gateway.Tests.Chat;

/// <summary>Answers that are cut short, because their server stops.</summary>
public sealed class AnswerReaderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource<ChatDelta> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task MoveNext_CutShort_TellsWhatItsRequestSaysOfTheEnd()
    {
        await using var reader = Read(() =>
        {
            _end.SetResult(new ChatDelta { Finish = FinishReason.Interrupted, GeneratedTokens = 7 });
            return Task.CompletedTask;
        });
        Assert.True(await reader.MoveNextAsync());
        var move = reader.MoveNextAsync();

        await _cut.CancelAsync();

        Assert.True(await move.AsTask().WaitAsync(Patience));
        Assert.Equal((FinishReason.Interrupted, 7), (reader.Current.Finish, reader.Current.GeneratedTokens));
        Assert.False(await reader.MoveNextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MoveNext_CutShortAndNobodyEndsIt_IsInterruptedAllTheSame(bool fails)
    {
        await using var reader = Read(() => fails ? Task.FromException(new TimeoutException()) : Task.CompletedTask);
        Assert.True(await reader.MoveNextAsync());
        var move = reader.MoveNextAsync().AsTask();

        await _cut.CancelAsync();
        while (!move.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(await move);
        Assert.Equal((FinishReason.Interrupted, RequestPhase.Decode), (reader.Current.Finish, reader.Current.Failure!.Phase));
        Assert.True(reader.Current.Failure.MayRetry);
        Assert.False(await reader.MoveNextAsync());
        await _left.Task.WaitAsync(Patience);
    }

    private AnswerReader Read(Func<Task> interrupt) => new(AnswerAsync(), interrupt, _time, _cut.Token, CancellationToken.None);

    private async IAsyncEnumerable<ChatDelta> AnswerAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new ChatDelta { Text = "x" };
        ChatDelta end;
        try
        {
            end = await _end.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _left.SetResult();
        }

        yield return end;
    }
}
