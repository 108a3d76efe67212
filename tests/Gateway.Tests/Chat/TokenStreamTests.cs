using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Tests.Chat;

public sealed class TokenStreamTests
{
    private static readonly GenerationRequest Request = new() { Id = "id", ModelId = "m", PromptTokens = [1], MaxTokens = 1 };

    public static TheoryData<Exception> Losses() =>
        [new SiloUnavailableException(), new TimeoutException(), new OperationCanceledException()];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task ReadAsync_ConnectionLostMidStream_EndsWithAFailure(Exception loss)
    {
        var chunks = await ReadAsync(Scripts.Throws(loss, "Hel"));

        Assert.Equal(3, chunks[0].Tokens.Length);
        Assert.Equal(FinishReason.Failed, chunks[1].Finish);
        Assert.Equal((FailedParty.Link, RequestPhase.Decode, true), (
            chunks[1].Failure!.Party, chunks[1].Failure!.Phase, chunks[1].Failure!.MayRetry));
    }

    [Fact]
    public async Task ReadAsync_Refused_Throws() => await Assert.ThrowsAsync<OverloadedException>(
        () => ReadAsync(Scripts.Throws(new OverloadedException("full"))));

    [Fact]
    public async Task ReadAsync_OwnCancellation_Throws()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(Scripts.SaysAndHangs("Hel"), cancel.Token));
    }

    [Fact]
    public async Task ReadAsync_LastChunkIsThere_WaitsForNobody()
    {
        var left = new TaskCompletionSource();

        var chunks = await ReadAsync(Run).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(FinishReason.Stop, Assert.Single(chunks).Finish);
        await left.Task;

        async IAsyncEnumerable<TokenChunk> Run(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            try
            {
                yield return new TokenChunk { FirstIndex = 0, Finish = FinishReason.Stop };
            }
            finally
            {
                left.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private static async Task<List<TokenChunk>> ReadAsync(Script script, CancellationToken cancellationToken = default)
    {
        var chunks = new List<TokenChunk>();
        await foreach (var chunk in TokenStream.ReadAsync(new ScriptedRequest(script), Request, cancellationToken))
            chunks.Add(chunk);
        return chunks;
    }

    private sealed class ScriptedRequest(Script script) : IRequestGrain
    {
        public IAsyncEnumerable<TokenChunk> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default) =>
            script(request, cancellationToken);

        public Task<RequestTimeline?> EndAsync(int tokens) => throw new NotSupportedException();

        public Task InterruptAsync() => throw new NotSupportedException();

        public Task<bool> DeleteAsync() => throw new NotSupportedException();

        public Task CancelAsync() => throw new NotSupportedException();

        public Task RecoverAsync() => throw new NotSupportedException();

        public Task<RequestRecord?> GetAsync() => throw new NotSupportedException();
    }
}
