using E2LLM.Gateway.OpenAi;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Gateway.Tests.OpenAi;

public sealed class KeepAliveTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task WithSilences_NothingForTheInterval_YieldsNull()
    {
        var time = new FakeTimeProvider();
        var go = new TaskCompletionSource();
        await using var pieces = Source(go.Task).WithSilencesAsync(Interval, time).GetAsyncEnumerator();

        var next = pieces.MoveNextAsync();
        Assert.False(next.IsCompleted);
        time.Advance(Interval);
        Assert.True(await next);
        Assert.Null(pieces.Current);

        go.SetResult();
        Assert.True(await pieces.MoveNextAsync());
        Assert.Equal("piece", pieces.Current);
        Assert.False(await pieces.MoveNextAsync());
    }

    [Fact]
    public async Task WithSilences_LeftDuringASilence_EndsTheSource()
    {
        var time = new FakeTimeProvider();
        var ended = false;

        await using (var pieces = Endless().WithSilencesAsync(Interval, time).GetAsyncEnumerator())
        {
            var next = pieces.MoveNextAsync();
            time.Advance(Interval);
            Assert.True(await next);
        }

        Assert.True(ended);

        async IAsyncEnumerable<string> Endless(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            finally
            {
                ended = true;
            }

            yield break;
        }
    }

    private static async IAsyncEnumerable<string> Source(Task go)
    {
        await go;
        yield return "piece";
    }
}
