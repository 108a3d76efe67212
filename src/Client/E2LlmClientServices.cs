using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace E2LLM.Client;

public static class E2LlmClientServices
{
    /// <summary>An <see cref="E2LlmClient"/> over the host's Orleans client, or over the silo that it is.</summary>
    public static IServiceCollection AddE2LlmClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => new E2LlmClient(provider.GetRequiredService<IGrainFactory>()));
        return services;
    }
}
