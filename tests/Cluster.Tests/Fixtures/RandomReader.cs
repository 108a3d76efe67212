using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>A reader that checks what it gets against the bare model, and may lose interest on the way.</summary>
internal static class RandomReader
{
    /// <param name="fog">The cluster.</param>
    /// <param name="request">A request to the synthetic model.</param>
    /// <param name="cancelAfterTokens">Tokens after which it is cancelled; 0 races with its start; null for a reader that stays.</param>
    public static async Task RunAsync(TestFog fog, GenerationRequest request, int? cancelAfterTokens)
    {
        List<int> tokens = [];
        TokenChunk? last = null;
        var cancel = cancelAfterTokens == 0 ? CancelAsync() : Task.CompletedTask;
        await foreach (var chunk in fog.Request(request.Id).RunAsync(request))
        {
            Assert.Equal(tokens.Count, chunk.FirstIndex);
            tokens.AddRange(chunk.Tokens);
            last = chunk;
            if (tokens.Count >= cancelAfterTokens)
                await CancelAsync();
        }
        await cancel;
        Assert.Equal(Synthetic.Expected(request).Take(tokens.Count), tokens);
        Assert.True(last!.Finish == FinishReason.Length || (last.Finish == FinishReason.Cancelled && cancelAfterTokens is not null), $"{last}");
        Assert.True(last.Finish != FinishReason.Length || tokens.Count == request.MaxTokens, $"{request.Id} ended after {tokens.Count} tokens");

        Task CancelAsync() => fog.Request(request.Id).CancelAsync();
    }
}
