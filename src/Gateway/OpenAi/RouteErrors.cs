using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Gives an answer in the API's form to whoever asks for a path, or for a method of one, that is not there.</summary>
internal sealed class RouteErrors(OpenAiErrorWriter errors)
{
    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        await errors.Guard(context => next(context))(http);
        var response = http.Response;
        // What has a body of its own was answered by an endpoint.
        if (response.HasStarted || response.ContentLength is not null || !string.IsNullOrEmpty(response.ContentType))
            return;
        if (response.StatusCode == StatusCodes.Status404NotFound)
            await errors.WriteAsync(http, OpenAiErrorMap.PathNotFound(http.Request));
        else if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
            await errors.WriteAsync(http, OpenAiErrorMap.MethodNotAllowed(http.Request, response.Headers.Allow.ToString()));
    }
}
