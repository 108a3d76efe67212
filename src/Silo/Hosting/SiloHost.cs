using System.Net;
using System.Net.Sockets;
using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Trust;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Gateway.Hosting;
using E2LLM.Grains.Devices;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Planning.Explanation;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Silo.Recovery;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Trust;
using E2LLM.Silo.Weights;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Storage;

namespace E2LLM.Silo.Hosting;

/// <summary>Puts a silo together: ports to adapters, options, clustering, journal, gateway, dashboard.</summary>
public static partial class SiloHost
{
    public const string DashboardPath = "/dashboard";

    /// <param name="args">Command line of configuration keys: --E2LLM:Silo:HttpPort=8081.</param>
    /// <param name="configure">Comes after the configuration, so it wins.</param>
    /// <exception cref="ConfigurationException">Everything that is wrong in any section or in the fleet file: one line an error.</exception>
    /// <exception cref="ModelFileException">The model is damaged, hostile or not supported.</exception>
    public static Task<WebApplication> BuildAsync(
        string[] args, Action<HostOptions>? configure = null, CancellationToken cancellationToken = default) =>
        BuildAsync(args, configure, TimeProvider.System, cancellationToken);

    /// <inheritdoc cref="BuildAsync(string[], Action{HostOptions}?, CancellationToken)"/>
    /// <param name="time">The machine's clock.</param>
    internal static async Task<WebApplication> BuildAsync(
        string[] args, Action<HostOptions>? configure, TimeProvider time, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var configuration = HostConfiguration.Read(new ConfigurationReader(builder.Configuration), configure);
        OpenDataPort(builder.Configuration, configuration);
        var directory = DataDirectory.Take(configuration.Host, time);
        try
        {
            return await BuildAsync(builder, configuration, directory, time, cancellationToken);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static async Task<WebApplication> BuildAsync(
        WebApplicationBuilder builder, HostConfiguration configuration, DataDirectory directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var (setAside, journalWarning) = await JournalStore.OpenAsync(configuration, time, cancellationToken);
        var warnings = await ClusteringSetup.PrepareAsync(configuration.Clustering, cancellationToken);
        var models = await OpenModelsAsync(builder, configuration, time, cancellationToken);
        var target = new ServingTarget(models.Model, configuration.Fleet);

        // Standard output belongs to whoever runs the host: answers, tables, JSON.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(configuration.Host.HttpAddress), configuration.Host.HttpPort));
        builder.Services.AddSingleton(time);
        SteadyTime.AddTo(builder.Services, time);
        builder.Services.AddHostedService<HangUp>();
        builder.Services.AddSingleton(target);
        // The lock ends with the container that made it.
        builder.Services.AddSingleton(_ => directory);
        var records = JournalStore.Records(configuration);
        if (records is not null)
            AddRecovery(builder.Services, records);
        AddRetention(builder.Services, configuration.Retention, records, models);
        builder.Services.AddOptions<ServingOptions>().BindConfiguration(ServingOptions.Section);
        builder.Services.AddOptions<RequestOptions>().BindConfiguration(RequestOptions.Section);
        builder.Services.AddOptions<FleetTimes>().BindConfiguration(FleetTimes.Section);
        builder.Services.AddSingleton<IPlanAdvisor>(new PlanAdvisor(new SimulationJudge(new SimulationOptions())));
        builder.Services.AddOptions<KvDataPortOptions>().BindConfiguration(KvDataPortOptions.Section);
        builder.Services.AddOptions<KvSenderOptions>().BindConfiguration(KvSenderOptions.Section);
        models.AddTo(builder.Services);
        builder.Services.AddE2LlmGateway();
        builder.Host.UseOrleans(silo => ConfigureSilo(silo, configuration, target, models));

        var app = builder.Build();
        models.FetchBy(app.Services, configuration.Host.Name, configuration.Weights);
        app.Services.GetRequiredService<DataDirectory>();
        if (setAside is not null)
            LogSetAside(app.Logger, setAside);
        foreach (var warning in warnings.Append(journalWarning).OfType<string>())
            LogWarning(app.Logger, warning);
        JournalStore.Describe(app.Logger, configuration);
        app.UseE2LlmGateway();
        app.MapE2LlmOpenAi();
        app.MapE2LlmHealth();
        app.MapOrleansDashboard(DashboardPath);
        app.MapGet("/", () => Results.Redirect(DashboardPath + "/"));
        return app;
    }

    /// <summary>Where the started host listens.</summary>
    public static string HttpAddress(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        ?? throw new InvalidOperationException("The host has not been started.");

    /// <summary>Where Orleans clients reach the silo of a host.</summary>
    public static IPEndPoint GatewayAddress(WebApplication app) =>
        app.Services.GetRequiredService<IOptions<EndpointOptions>>().Value is var endpoints && endpoints.AdvertisedIPAddress is { } address
            ? new(address, endpoints.GatewayPort)
            : new(IPAddress.Loopback, endpoints.GatewayPort);

    /// <summary>There is no host yet, and it may take until another silo comes: what is waited for is said at once.</summary>
    private static async Task<ServedModels> OpenModelsAsync(
        WebApplicationBuilder builder, HostConfiguration configuration, TimeProvider time, CancellationToken cancellationToken)
    {
        using var logging = LoggerFactory.Create(log => log
            .AddConfiguration(builder.Configuration.GetSection("Logging"))
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var trust = configuration.Trust.IsOn ? FogTrust.Open(configuration.Trust, isNode: true) : null;
        return await ServedModels.OpenAsync(
            configuration, SiloTls.Sender(builder.Configuration, trust), time, logging.CreateLogger<FogWeights>(), cancellationToken);
    }

    private static void ConfigureSilo(ISiloBuilder silo, HostConfiguration configuration, ServingTarget target, ServedModels models)
    {
        var options = configuration.Host;
        var (siloPort, gatewayPort) = FreePorts(options);
        ClusteringSetup.AddTo(silo, configuration.Clustering, IPAddress.Parse(options.Address), siloPort, gatewayPort);
        silo.Configure<SiloOptions>(orleans => orleans.SiloName = options.Name);
        if (configuration.Trust.IsOn)
            SiloTls.AddTo(silo, FogTrust.Open(configuration.Trust, isNode: true));
        silo.AddE2LlmGrains(new LocalDevices(target.Fleet.Devices));
        _ = OfferHours.TryParse(configuration.Machine.Hours, out var hours); // checked when it was read
        silo.AddE2LlmFleet(new LocalFleet { ModelId = target.Model.Id, Fleet = target.Fleet, EmulatesNetwork = options.EmulateNetwork, Hours = hours });
        if (configuration.Clustering.Provider != ClusteringProvider.Localhost)
        {
            silo.AddE2LlmWeights(_ => models.Local());
            // With the default directory the grains of other silos end that a silo which leaves has kept the entries of: replicas among them.
#pragma warning disable ORLEANSEXP003 // it is the only one that keeps them
            silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
            // It would keep the grains of a silo that was killed, and every new one that falls into its part of the directory, from coming up for half a
            // minute, lest the silo still ran. One that only seemed dead ends when it hears of it, and what it stores until then is refused by its version.
            silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
        }
        JournalStore.AddTo(silo, configuration);
        silo.AddDashboard();
    }

    private static void AddRecovery(IServiceCollection services, JournalRecords records)
    {
        services.AddSingleton(provider => new LeftRecords(records, provider.GetRequiredService<IGrainStorageSerializer>()));
        services.AddHostedService<RecoveryService>();
    }

    private static void AddRetention(IServiceCollection services, RetentionOptions options, JournalRecords? records, ServedModels models)
    {
        services.AddHostedService(provider => new RetentionService(
            records is null
                ? _ => 0
                : new JournalRetention(
                    records,
                    provider.GetRequiredService<IGrainStorageSerializer>(),
                    options,
                    provider.GetRequiredService<TimeProvider>()).Prune,
            cancellationToken => models.TrimAsync(options, cancellationToken),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RetentionService>>()));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal was damaged, or none. It is '{Path}' now, and a new one has been begun.")]
    private static partial void LogSetAside(ILogger logger, string path);

    /// <summary>Where nobody says otherwise, KV caches come in where the silo is reached; whether that is safe has been checked of the silo.</summary>
    private static void OpenDataPort(ConfigurationManager settings, HostConfiguration configuration)
    {
        var isOpen = !IPAddress.IsLoopback(IPAddress.Parse(configuration.Host.Address));
        if (isOpen)
            settings[DataPortKey(nameof(KvDataPortOptions.Address))] ??= configuration.Host.Address;
        if (isOpen || configuration.Trust.IsOn)
            settings[DataPortKey(nameof(KvDataPortOptions.AllowPlaintext))] = "true"; // TLS comes on top

        static string DataPortKey(string name) => $"{KvDataPortOptions.Section}:{name}";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    /// <summary>Both are held until both are known: else the one might be given out twice.</summary>
    private static (int Silo, int Gateway) FreePorts(HostOptions options)
    {
        var address = IPAddress.Parse(options.Address);
        using var silo = new TcpListener(address, 0);
        using var gateway = new TcpListener(address, 0);
        return (Choose(silo, options.SiloPort), Choose(gateway, options.GatewayPort));

        static int Choose(TcpListener listener, int port)
        {
            if (port != 0)
                return port;
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
