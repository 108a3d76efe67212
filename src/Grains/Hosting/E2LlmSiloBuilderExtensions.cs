using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Devices;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Parts;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Grains.Stages;
using E2LLM.Grains.Telemetry;
using E2LLM.Grains.Weights;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Scheduling.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace E2LLM.Grains.Hosting;

/// <summary>Makes a silo an E2LLM silo. The host brings the ports: catalog, planner, engines, profiler, and the journal's storage.</summary>
public static class E2LlmSiloBuilderExtensions
{
    public static ISiloBuilder AddE2LlmGrains(this ISiloBuilder silo, LocalDevices devices)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton(devices);
        silo.Services.AddSingleton<LoadedStages>();
        silo.Services.AddSingleton<PartInbox>();
        silo.Services.AddSingleton<SiloShutdown>();
        silo.Services.AddHostedService(services => services.GetRequiredService<SiloShutdown>());
        silo.Services.AddSingleton<GrainInstruments>();
        silo.Services.AddMetrics();
        silo.Services.AddSingleton(services =>
            RoutingPolicies.Get(services.GetRequiredService<IOptions<ServingOptions>>().Value.RoutingPolicy));
        silo.Services.AddSingleton(services => KvDataPort.Start(
            services.GetRequiredService<IOptions<KvDataPortOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<KvDataPort>>()));
        AddOptions<ServingOptions, ServingOptionsValidator>(silo);
        AddOptions(silo, new RangeValidator<RequestOptions>(RequestOptions.Section));
        AddOptions(silo, new RangeValidator<FleetTimes>(FleetTimes.Section));
        AddOptions(silo, new RangeValidator<KvSenderOptions>(KvSenderOptions.Section));
        AddOptions(silo, new RangeValidator<KvDataPortOptions>(KvDataPortOptions.Section, (options, errors) => options.Check(errors)));
        silo.Services.AddSingleton<DeviceSilos>();
        silo.AddPlacementDirector<DevicePlacement, DevicePlacementDirector>();
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [DeviceSilos.MetadataKey] = string.Join(',', devices.Ids),
        });
        // A device that is gone stays gone for longer than any placement retry: fail fast, and by name.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.PlacementMaxRetries = 1);
        return silo;
    }

    /// <summary>Has the silo bring its devices to a model's fleet, which plans by itself then.</summary>
    public static ISiloBuilder AddE2LlmFleet(this ISiloBuilder silo, LocalFleet fleet)
    {
        silo.Services.AddSingleton(fleet);
        silo.Services.AddHostedService<FleetReporter>();
        return silo;
    }

    /// <summary>Has the silo give a model's weights out to others.</summary>
    public static ISiloBuilder AddE2LlmWeights(this ISiloBuilder silo, Func<IServiceProvider, LocalWeights> weights)
    {
        silo.Services.AddSingleton(weights);
        silo.Services.AddHostedService<WeightsReporter>();
        return silo;
    }

    private static void AddOptions<TOptions, TValidator>(ISiloBuilder silo)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        silo.Services.AddOptions<TOptions>().ValidateOnStart();
        silo.Services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
    }

    private static void AddOptions<TOptions>(ISiloBuilder silo, IValidateOptions<TOptions> validator)
        where TOptions : class
    {
        silo.Services.AddOptions<TOptions>().ValidateOnStart();
        silo.Services.AddSingleton(validator);
    }
}
