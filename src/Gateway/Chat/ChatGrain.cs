using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Chat;
using Orleans.Concurrency;

namespace E2LLM.Gateway.Chat;

/// <summary>The door for .NET clients on each silo.</summary>
/// <remarks>
/// One activation a silo: an enumeration lives in the activation that began it, and with more of them the calls for the next
/// elements may reach another. Turns are short, since tokenising is off them and enumerations interleave.
/// </remarks>
[StatelessWorker(maxLocalWorkers: 1)]
internal sealed class ChatGrain(ChatService chat) : Grain, IChatGrain
{
    public IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var modelId = this.GetPrimaryKeyString();
        return request.ModelId == modelId
            ? chat.StreamAsync(request, cancellationToken)
            : throw new RequestRejectedException($"The request is for another model than '{modelId}', whose door it came to.")
            {
                Code = RejectionCodes.InvalidValue,
                Parameter = nameof(request.ModelId),
            };
    }
}
