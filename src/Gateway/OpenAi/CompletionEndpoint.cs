using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.OpenAi;

/// <summary>POST /v1/chat/completions and /v1/completions.</summary>
/// <remarks>
/// A client that goes away cancels <see cref="HttpContext.RequestAborted"/>, which ends the enumeration, which frees the request's
/// sequences on every device.
/// </remarks>
internal sealed class CompletionEndpoint(
    ChatService chat, IModelCatalog catalog, JsonBody bodies, OpenAiErrorWriter errors, IOptions<GatewayOptions> options, TimeProvider time)
{
    public Task ChatAsync(HttpContext http) => HandleAsync(http, CompletionKind.Chat, "chatcmpl-");

    public Task TextAsync(HttpContext http) => HandleAsync(http, CompletionKind.Text, "cmpl-");

    private async Task HandleAsync(HttpContext http, CompletionKind kind, string idPrefix)
    {
        // Who knows the id may cancel the request, so it cannot be guessed.
        var id = idPrefix + Guid.NewGuid().ToString("N");
        http.Response.Headers["x-request-id"] = id;
        var call = await bodies.ReadAsync(http, body => CompletionCallReader.Read(body, kind, id, catalog, options.Value));
        var json = new CompletionJson(call, time.GetUtcNow());
        var deltas = chat.StreamAsync(call.Request, http.RequestAborted);
        try
        {
            await (call.Stream ? StreamAsync(http, call, json, deltas) : AnswerAsync(http, json, deltas));
        }
        catch (RequestRejectedException rejected) when (rejected.Parameter == nameof(ChatRequest.MaxTokens))
        {
            throw new RequestRejectedException(rejected.Message, rejected) { Code = rejected.Code, Parameter = call.LimitField };
        }
    }

    private async Task AnswerAsync(HttpContext http, CompletionJson json, IAsyncEnumerable<ChatDelta> deltas)
    {
        var text = new StringBuilder();
        var last = new ChatDelta();
        await foreach (var delta in deltas)
        {
            text.Append(delta.Text);
            last = delta;
        }

        await (ErrorOf(last) is { } error
            ? errors.WriteAsync(http, error)
            : JsonResponse.WriteAsync(http, StatusCodes.Status200OK, writer => json.WriteAnswer(writer, text.ToString(), last)));
    }

    private async Task StreamAsync(HttpContext http, CompletionCall call, CompletionJson json, IAsyncEnumerable<ChatDelta> deltas)
    {
        var silence = TimeSpan.FromSeconds(options.Value.KeepAliveSeconds);
        await using var pieces = deltas.WithSilencesAsync(silence, time, http.RequestAborted).GetAsyncEnumerator(http.RequestAborted);

        // The status is still open until the first piece is there: what fails before it gets a status of its own.
        var hasPiece = await pieces.MoveNextAsync();
        if (hasPiece && pieces.Current is { } first && ErrorOf(first) is { } early)
        {
            await errors.WriteAsync(http, early);
            return;
        }

        using var events = ServerSentEvents.Begin(http);
        OpenAiError? late = null;
        try
        {
            if (call.Kind == CompletionKind.Chat)
                await events.DataAsync(json.WriteRole);
            for (; hasPiece; hasPiece = await pieces.MoveNextAsync())
                late = await WriteAsync(events, call, json, pieces.Current);
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            late = errors.Map(http, error);
        }

        if (late is not null)
        {
            await events.ErrorAsync(late);
            throw new BrokenAnswerException(call.Request.Id, late.Message);
        }
    }

    /// <summary>Writes what there is to write; null unless it is a failure.</summary>
    private static async Task<OpenAiError?> WriteAsync(ServerSentEvents events, CompletionCall call, CompletionJson json, ChatDelta? delta)
    {
        if (delta is null)
        {
            await events.KeepAliveAsync();
            return null;
        }

        if (delta.Text.Length > 0)
            await events.DataAsync(writer => json.WriteText(writer, delta.Text));
        if (ErrorOf(delta) is { } error)
            return error;
        if (delta.Finish is { } finish)
        {
            await events.DataAsync(writer => json.WriteFinish(writer, finish));
            if (call.IncludeUsage)
                await events.DataAsync(writer => json.WriteUsageChunk(writer, delta));
            await events.DoneAsync();
        }

        return null;
    }

    private static OpenAiError? ErrorOf(ChatDelta delta) => delta switch
    {
        { Finish: FinishReason.Interrupted, Failure: { } stopping } => OpenAiErrorMap.Interrupted(stopping),
        { Failure: { } failure } => OpenAiErrorMap.From(failure),
        { Finish: FinishReason.Cancelled } => OpenAiErrorMap.Cancelled(),
        _ => null,
    };
}
