using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Hosting;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The one place where failures become HTTP.</summary>
internal static class OpenAiErrorMap
{
    private const int MaxQuotedCharacters = 200;
    private const string ServerStopping = "server_stopping";
    private const string ModelUnusable = "model_unusable";

    public static OpenAiError From(Exception error) => error switch
    {
        RequestRejectedException rejected => From(rejected),
        OverloadedException overloaded => new(429, OpenAiError.RateLimit, "overloaded", null, PublicText.Of(error.Message))
        {
            RetryAfterSeconds = overloaded.QuotedWaitSeconds,
        },
        ModelNotReadyException => OfServer(503, "model_not_ready", error.Message),
        ServerStoppingException => OfServer(503, ServerStopping, error.Message),
        DeviceUnavailableException => OfServer(503, "device_unavailable", error.Message),

        // To try again would not mend the file.
        ModelFileException => OfServer(500, ModelUnusable, error.Message),
        E2LlmException { MayRetry: true } => OfServer(503, "unavailable", error.Message),
        E2LlmException => OfServer(500, "internal_error", error.Message),
        BadHttpRequestException { StatusCode: 413 } =>
            new(413, OpenAiError.InvalidRequest, "request_too_large", null, "The request's body is longer than this gateway takes."),
        BadHttpRequestException { StatusCode: 408 } => new(408, OpenAiError.InvalidRequest, "request_timeout", null, error.Message),
        BadHttpRequestException bad => new(bad.StatusCode, OpenAiError.InvalidRequest, "bad_request", null, error.Message),
        _ when TokenStream.IsTransport(error) =>
            new(503, OpenAiError.Server, "unavailable", null, "A part of the fleet did not answer."),

        // Not raised on purpose, so its message is not for strangers; the log has it.
        _ => new(500, OpenAiError.Server, "internal_error", null, "The gateway failed. Its log has the reason."),
    };

    public static OpenAiError From(RequestFailure failure) => failure switch
    {
        { Party: FailedParty.Client } => new(400, OpenAiError.InvalidRequest, RejectionCodes.InvalidValue, null, PublicText.Of(failure.Message)),
        { Party: FailedParty.Queue } => new(429, OpenAiError.RateLimit, "overloaded", null, PublicText.Of(failure.Message))
        {
            RetryAfterSeconds = failure.RetryAfterSeconds,
        },
        { MayRetry: true } => OfServer(503, Code(failure), failure.Message),
        _ => OfServer(500, Code(failure), failure.Message),
    };

    /// <summary>The server stops before the answer is done.</summary>
    public static OpenAiError Interrupted(RequestFailure failure) => OfServer(503, ServerStopping, failure.Message);

    /// <summary>Somebody cancelled the request by its id while its client was still listening.</summary>
    public static OpenAiError Cancelled() =>
        new(StatusCodes.Status499ClientClosedRequest, OpenAiError.InvalidRequest, "request_cancelled", null, "The request was cancelled.");

    public static OpenAiError RequestNotFound() =>
        new(404, OpenAiError.InvalidRequest, "request_not_found", null, "No such request was ever run.");

    public static OpenAiError HostNotAllowed(string host) => new(
        StatusCodes.Status403Forbidden, OpenAiError.InvalidRequest, "host_not_allowed", null,
        $"This gateway does not answer for the host '{Shorten(host)}'. Call it by a loopback name or address, or have the name added " +
        $"to {GatewayOptions.Section}:{nameof(GatewayOptions.AllowedHosts)}.");

    public static OpenAiError PathNotFound(HttpRequest request) => new(
        StatusCodes.Status404NotFound, OpenAiError.InvalidRequest, "unknown_url", null,
        request.Path.StartsWithSegments("/v1/v1")
            ? $"There is no {Line(request)}: /v1 stands in it twice, as when a client adds it to a base address that has it."
            : $"There is no {Line(request)}.");

    /// <param name="request">For a path that is there.</param>
    /// <param name="allowed">The methods that it takes, separated by commas.</param>
    public static OpenAiError MethodNotAllowed(HttpRequest request, string allowed) => new(
        StatusCodes.Status405MethodNotAllowed, OpenAiError.InvalidRequest, "method_not_supported", null,
        $"There is no {Line(request)}; this path takes {allowed}.");

    private static string Line(HttpRequest request)
    {
        var path = request.PathBase + request.Path;
        return $"{Shorten(request.Method)} {(path.HasValue ? Shorten(path) : "*")}";
    }

    private static string Shorten(string text) => text.Length > MaxQuotedCharacters ? text[..MaxQuotedCharacters] + "…" : text;

    private static OpenAiError From(RequestRejectedException rejected) => new(
        rejected.Code is RejectionCodes.ModelNotFound or RejectionCodes.DeviceNotFound ? 404 : 400,
        OpenAiError.InvalidRequest,
        rejected.Code.Length > 0 ? rejected.Code : null,
        FieldNames.OfParameter(rejected.Parameter),
        rejected.Message);

    // Where files lie on this machine is nobody's business; what they are called helps those who know.
    private static OpenAiError OfServer(int status, string code, string message) =>
        new(status, OpenAiError.Server, code, null, PublicText.Of(message));

    private static string Code(RequestFailure failure) =>
        failure.Party == FailedParty.Model ? ModelUnusable : $"{failure.Party.ToString().ToLowerInvariant()}_failed";
}
