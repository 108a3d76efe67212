using System.Runtime.CompilerServices;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Chat;

/// <summary>Reads a request's tokens so that they always end with a finish reason, also where the grain or its silo is lost.</summary>
internal static class TokenStream
{
    /// <summary>Whether a call was lost on the way, rather than refused by the one who was called.</summary>
    public static bool IsTransport(Exception error) => error is OrleansException or TimeoutException or EnumerationAbortedException;

    /// <exception cref="Core.Errors.E2LlmException">The fleet refused the request.</exception>
    public static async IAsyncEnumerable<TokenChunk> ReadAsync(
        IRequestGrain grain, GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var received = 0;
        var isLost = false;
        var chunks = grain.RunAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            TokenChunk chunk;
            do
            {
                try
                {
                    chunk = await chunks.MoveNextAsync()
                        ? chunks.Current
                        : Lost(received, "The fleet ended the answer without saying why.");
                }
                catch (Exception error) when (IsTransport(error) || IsForeignCancellation(error, cancellationToken))
                {
                    isLost = true;
                    chunk = Lost(received, $"The connection to the request was lost: {error.Message}");
                }

                received += chunk.Tokens.Length;
                yield return chunk;
            }
            while (chunk.Finish is null);
        }
        finally
        {
            // Nobody waits for that: the answer is there, or not wanted. Where the connection is gone there is nobody left to tell.
            if (!isLost)
                _ = EndAsync(chunks);
        }
    }

    private static async Task EndAsync(IAsyncEnumerator<TokenChunk> chunks)
    {
        try
        {
            await chunks.DisposeAsync();
        }
        catch (Exception)
        {
            // A request that is not told notices by its reader's lease.
        }
    }

    /// <summary>A silo that shuts down cancels what nobody else has.</summary>
    private static bool IsForeignCancellation(Exception error, CancellationToken own) =>
        error is OperationCanceledException && !own.IsCancellationRequested;

    private static TokenChunk Lost(int received, string message) => new()
    {
        FirstIndex = received,
        Finish = FinishReason.Failed,
        Failure = new RequestFailure
        {
            Party = FailedParty.Link,
            Phase = received > 0 ? RequestPhase.Decode : RequestPhase.Accepted,
            Message = message,
            MayRetry = true,
        },
    };
}
