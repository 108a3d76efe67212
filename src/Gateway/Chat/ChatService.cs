using System.Runtime.CompilerServices;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Telemetry;
using E2LLM.Grains.Interfaces.Requests;
using Microsoft.Extensions.Logging;

namespace E2LLM.Gateway.Chat;

/// <summary>
/// The one way from text to text, whichever door a request came through: check, tokenise, run on the fleet, detokenise, stop texts.
/// </summary>
internal sealed partial class ChatService(
    IGrainFactory grains,
    IModelCatalog catalog,
    ChatPreparation preparation,
    AnswersInWork answers,
    GatewayInstruments instruments,
    TimeProvider time,
    ILogger<ChatService> logger)
{
    /// <summary>
    /// Answers a conversation. The last delta, and no other, has a finish reason; a failure on the fleet is such a last delta too.
    /// Ending the enumeration early stops the work on every device.
    /// </summary>
    /// <exception cref="Core.Errors.RequestRejectedException">The request is malformed or too long; says what to change.</exception>
    /// <exception cref="Core.Errors.ModelNotReadyException">No complete replica serves the model.</exception>
    /// <exception cref="Core.Errors.OverloadedException">The fleet is full now.</exception>
    /// <exception cref="Core.Errors.ServerStoppingException">The host stops.</exception>
    public async IAsyncEnumerable<ChatDelta> StreamAsync(
        ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);

        // A host that stops refuses before it measures anything.
        using var place = answers.Begin();

        // A name that is not in the catalog is the client's invention and has no place among the metrics.
        var model = string.IsNullOrEmpty(request.ModelId) ? null : catalog.Find(request.ModelId);
        using var measurement = new RequestMeasurement(
            instruments, time, request.Prompt is null ? "chat" : "text_completion", model?.Id ?? "_OTHER");
        await using var deltas = new AnswerReader(
            AnswerAsync(request, cancellationToken), () => InterruptAsync(request.Id), time, answers.Cut, cancellationToken);
        while (true)
        {
            try
            {
                if (!await deltas.MoveNextAsync())
                    yield break;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                measurement.OnError(error);
                LogNotAnswered(request.Id, error.GetType().Name);
                throw;
            }

            var delta = deltas.Current;
            measurement.OnDelta(delta);
            LogEnd(request.Id, model, delta, measurement.ElapsedSeconds);
            yield return delta;
        }
    }

    /// <summary>One line of a refusal: they come many at once.</summary>
    private void LogEnd(string requestId, ModelSpec? model, ChatDelta delta, double seconds)
    {
        if (delta.Failure is { Party: FailedParty.Queue } refusal)
        {
            LogRefused(requestId, refusal.Message);
            return;
        }

        if (delta.Finish is { } finish)
            LogAnswered(requestId, model?.Id, finish, delta.PromptTokens, delta.GeneratedTokens, seconds);
        if (delta.Failure is { } failure)
            LogFailed(requestId, failure.Party, failure.Phase, failure.DeviceId, failure.Message);
    }

    private async Task InterruptAsync(string requestId) => await grains.GetGrain<IRequestGrain>(requestId).InterruptAsync();

    private async IAsyncEnumerable<ChatDelta> AnswerAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chat = await preparation.PrepareAsync(request, cancellationToken);
        var grain = grains.GetGrain<IRequestGrain>(request.Id);
        var answer = new AnswerText(chat.Tokenizer.CreateDetokenizer(), chat.StopTexts);
        await foreach (var chunk in TokenStream.ReadAsync(grain, chat.Generation, cancellationToken))
        {
            var text = answer.Append(chunk.Tokens);
            if (chunk.Finish is not null)
                text += answer.Flush();
            var isLast = answer.IsStopped || chunk.Finish is not null;
            // What is certain is not held back for the figures of the end, which take a call.
            if (text.Length > 0 && (!isLast || answer.IsStopped))
            {
                yield return new ChatDelta { Text = text };
                text = "";
            }
            if (!isLast)
                continue;

            yield return new ChatDelta
            {
                Text = text,
                PromptTokens = chat.Generation.PromptTokens.Length,
                GeneratedTokens = answer.TokenCount,
                Finish = answer.IsStopped ? FinishReason.Stop : chunk.Finish,
                Failure = answer.IsStopped ? null : chunk.Failure,
                Timeline = answer.IsStopped ? await EndAsync(grain, answer.TokenCount) ?? chunk.Timeline : chunk.Timeline,
            };
            yield break;
        }
    }

    /// <summary>
    /// Tells the request that its reader has all that it wants, so that its work stops everywhere and its record says what the client is
    /// told, also where the answer's last tokens brought the stop text.
    /// </summary>
    private async Task<RequestTimeline?> EndAsync(IRequestGrain grain, int tokens)
    {
        try
        {
            return await grain.EndAsync(tokens);
        }
        catch (Exception error) when (TokenStream.IsTransport(error))
        {
            // The text is there; an answer does not fail for its statistics.
            LogNoTimeline(grain.GetPrimaryKeyString(), error);
            return null;
        }
    }
}
