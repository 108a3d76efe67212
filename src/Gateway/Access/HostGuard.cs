using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Access;

/// <summary>
/// Turns away whoever asks for another host than this one. A web page can have its own name point to 127.0.0.1 (DNS rebinding): the
/// browser then takes the gateway for the page's own site, hides nothing from it, and only the Host header gives it away.
/// </summary>
internal sealed class HostGuard(OpenAiErrorWriter errors, IOptions<GatewayOptions> options)
{
    private readonly AllowedHosts _allowed = new(options.Value.AllowedHosts);

    public Task InvokeAsync(HttpContext http, RequestDelegate next) => _allowed.Contains(http.Request.Host.Host)
        ? next(http)
        : errors.WriteAsync(http, OpenAiErrorMap.HostNotAllowed(http.Request.Host.Value ?? ""));
}
