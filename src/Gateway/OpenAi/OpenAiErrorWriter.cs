using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Answers with an error where the response has not begun; wraps every endpoint.</summary>
internal sealed partial class OpenAiErrorWriter(IOptions<GatewayOptions> options, ILogger<OpenAiErrorWriter> logger)
{
    /// <summary>Estimates are upper ones: nobody is sent away for longer than this.</summary>
    private const int MaxRetryAfterSeconds = 600;

    /// <summary>The endpoint, with its exceptions turned into errors.</summary>
    public RequestDelegate Guard(Func<HttpContext, Task> endpoint) => async http =>
    {
        try
        {
            await endpoint(http);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (Exception error) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, Map(http, error));
        }
    };

    /// <summary>The error to show; what was not raised on purpose, and what is a defect, goes to the log.</summary>
    public OpenAiError Map(HttpContext http, Exception error)
    {
        var mapped = OpenAiErrorMap.From(error);
        if (mapped.Status == 500 || error is not (E2LlmException or BadHttpRequestException))
            LogFailed(http.Request.Method, http.Request.Path, error);
        return mapped;
    }

    public Task WriteAsync(HttpContext http, OpenAiError error)
    {
        if (error.MayRetry)
            http.Response.Headers.RetryAfter = SecondsToWait(error).ToString(CultureInfo.InvariantCulture);
        return JsonResponse.WriteAsync(http, error.Status, error.Write);
    }

    /// <summary>The fleet's own estimate, where it has one that a client can use.</summary>
    private int SecondsToWait(OpenAiError error) => error.RetryAfterSeconds is { } seconds
        ? (int)Math.Clamp(Math.Ceiling(seconds), 1, MaxRetryAfterSeconds)
        : options.Value.RetryAfterSeconds;

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(string method, PathString path, Exception error);
}
