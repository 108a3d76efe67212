using E2LLM.Core.Requests;

namespace E2LLM.Grains.Interfaces.Chat;

/// <summary>
/// The door for .NET clients: text in, text out. Key: the model's id. A stateless worker on the silos, which have the vocabulary.
/// </summary>
[Alias("E2LLM.IChatGrain")]
public interface IChatGrain : IGrainWithStringKey
{
    /// <summary>Answers a conversation. Ending the enumeration early stops the work on every device.</summary>
    /// <exception cref="Core.Errors.RequestRejectedException">The request is malformed or too long; says what to change.</exception>
    /// <exception cref="Core.Errors.OverloadedException">The fleet is full now.</exception>
    [Alias("Stream")]
    IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default);
}
