using E2LLM.Core.Models;
using E2LLM.Gateway.Access;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Devices;
using E2LLM.Gateway.Health;
using E2LLM.Gateway.Models;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Plans;
using E2LLM.Gateway.Requests;
using E2LLM.Gateway.Statistics;
using E2LLM.Gateway.Telemetry;
using E2LLM.Gateway.Tokens;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

public static class GatewayServices
{
    /// <summary>
    /// The front door of a silo, or of a web host with an Orleans client. Needs an <see cref="IModelCatalog"/> and an
    /// <see cref="ITokenizerProvider"/>; bound from <see cref="GatewayOptions.Section"/>.
    /// </summary>
    public static IServiceCollection AddE2LlmGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddCors();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<CorsOptions>, CorsAccess>());
        services.TryAddSingleton<HostGuard>();
        services.TryAddSingleton<RouteErrors>();
        services.TryAddSingleton<BodyBudget>();
        services.TryAddSingleton<LongBodies>();
        services.TryAddSingleton<JsonBody>();
        services.TryAddSingleton<GatewayInstruments>();
        services.TryAddSingleton<PlanReader>();
        services.TryAddSingleton<TokenizerQueue>();
        services.TryAddSingleton<ChatPreparation>();
        services.TryAddSingleton<ChatService>();
        services.TryAddSingleton<AnswersInWork>();
        services.AddHostedService<DrainService>();
        // The host's own limit is for everything that stops, and comes on top.
        services.AddOptions<HostOptions>().PostConfigure<IOptions<GatewayOptions>>(
            (host, gateway) => host.ShutdownTimeout += TimeSpan.FromSeconds(gateway.Value.DrainSeconds));
        services.TryAddSingleton<OpenAiErrorWriter>();
        services.TryAddSingleton<CompletionEndpoint>();
        services.TryAddSingleton<ModelsEndpoint>();
        services.TryAddSingleton<RequestEndpoint>();
        services.TryAddSingleton<StatisticsEndpoint>();
        services.TryAddSingleton<PlanEndpoint>();
        services.TryAddSingleton<DevicesEndpoint>();
        services.TryAddSingleton<TokenizeEndpoint>();
        services.AddHealthChecks().AddCheck<PlanHealthCheck>(PlanHealthCheck.Name).AddCheck<RequestHealthCheck>(RequestHealthCheck.Name);
        return services;
    }
}
