using E2LLM.Gateway.Access;
using E2LLM.Gateway.Devices;
using E2LLM.Gateway.Health;
using E2LLM.Gateway.Models;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Plans;
using E2LLM.Gateway.Requests;
using E2LLM.Gateway.Statistics;
using E2LLM.Gateway.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

public static class GatewayEndpoints
{
    // Monitors ask for the head alone; the server leaves the body out.
    private static readonly string[] Readers = ["GET", "HEAD"];

    /// <summary>
    /// The OpenAI API, with and without /v1, and what E2LLM adds to it: requests by id, their statistics, the plan, the devices, tokens. Returned
    /// as a group, for conventions such as RequireAuthorization.
    /// </summary>
    public static IEndpointConventionBuilder MapE2LlmOpenAi(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        var guard = services.GetRequiredService<OpenAiErrorWriter>().Guard;
        var completions = services.GetRequiredService<CompletionEndpoint>();
        var models = services.GetRequiredService<ModelsEndpoint>();
        var requests = services.GetRequiredService<RequestEndpoint>();
        var plans = services.GetRequiredService<PlanEndpoint>();
        var devices = services.GetRequiredService<DevicesEndpoint>();
        var statistics = services.GetRequiredService<StatisticsEndpoint>();
        var tokens = services.GetRequiredService<TokenizeEndpoint>();

        var all = endpoints.MapGroup("");
        foreach (var prefix in new[] { "", "/v1" })
        {
            var group = all.MapGroup(prefix);
            group.MapMethods("/models", Readers, guard(models.ListAsync));
            group.MapMethods("/models/{**id}", Readers, guard(models.GetAsync)); // an id may have slashes
            group.MapPost("/chat/completions", guard(completions.ChatAsync));
            group.MapPost("/completions", guard(completions.TextAsync));
            group.MapMethods("/requests/{id}", Readers, guard(requests.GetAsync));
            group.MapDelete("/requests/{id}", guard(requests.DeleteAsync));
            group.MapMethods("/statistics", Readers, guard(statistics.GetAsync));
            group.MapMethods("/plan", Readers, guard(plans.GetAsync));
            group.MapMethods("/devices", Readers, guard(devices.GetAsync));
            group.MapPost("/devices/{id}/{order}", guard(devices.OrderAsync));
            group.MapPost("/tokenize", guard(tokens.TokenizeAsync));
            group.MapPost("/detokenize", guard(tokens.DetokenizeAsync));
        }

        AllowOrigins(all);
        return all;
    }

    /// <summary>
    /// /health runs the host's health checks, among them that every model is served: 503 until then. /alive is 200 while the process
    /// takes requests at all.
    /// </summary>
    public static IEndpointConventionBuilder MapE2LlmHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapGroup("");
        group.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = HealthResponse.WriteAsync });
        group.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = _ => false });
        group.WithMetadata(new HttpMethodMetadata(Readers));
        AllowOrigins(group);
        return group;
    }

    /// <summary>The API alone, and never what else the host serves, is open to web pages of other sites.</summary>
    private static void AllowOrigins(RouteGroupBuilder group)
    {
        if (CorsAccess.IsOn(((IEndpointRouteBuilder)group).ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value))
            group.RequireCors(CorsAccess.Policy);
    }
}
