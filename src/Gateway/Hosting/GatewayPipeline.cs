using E2LLM.Gateway.Access;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

public static class GatewayPipeline
{
    /// <summary>
    /// What every HTTP request to the host goes through before its endpoint, the dashboard's included: the guard of the Host header,
    /// errors in the API's form for what is not there, and CORS where it is configured. Call it before anything else is added.
    /// </summary>
    public static IApplicationBuilder UseE2LlmGateway(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var answers = services.GetRequiredService<AnswersInWork>();
        app.Use((context, next) =>
        {
            // A client that keeps its connection would meet its end with a request under way.
            if (answers.IsClosed)
                context.Response.Headers.Connection = "close";
            return next(context);
        });
        app.Use(services.GetRequiredService<HostGuard>().InvokeAsync);
        app.Use(services.GetRequiredService<RouteErrors>().InvokeAsync);
        if (CorsAccess.IsOn(services.GetRequiredService<IOptions<GatewayOptions>>().Value))
            app.UseCors();
        return app;
    }
}
