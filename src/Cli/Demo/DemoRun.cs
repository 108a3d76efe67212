using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Chat;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using HostOptions = E2LLM.Silo.Hosting.HostOptions;

namespace E2LLM.Cli.Demo;

/// <summary>One run of the demo with a silo in this process: start, show, answer, show, serve.</summary>
internal static class DemoRun
{
    /// <summary>
    /// The tables say it all; warnings and errors are still logged, but for what keeps the silo from serving: that ends the command
    /// with one line, which the log would only repeat, with stacks.
    /// </summary>
    private static readonly string[] QuietLog =
    [
        "--Logging:LogLevel:E2LLM=Warning",
        "--Logging:LogLevel:E2LLM.Grains.Plans=None",
        "--Logging:LogLevel:E2LLM.Grains.Fleets=None",
        "--Logging:LogLevel:E2LLM.Silo.Hosting=None",
        "--Logging:LogLevel:Microsoft.Extensions.Hosting=None",
    ];

    /// <summary>Nobody comes to a silo that ends with its answer: it need not be in the way of another on this machine.</summary>
    private static readonly string[] FreePorts = ["--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0"];

    public static async Task<int> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        await using var others = OtherSilos(settings);
        await using var app = await SiloHost.BuildAsync(
            [.. QuietLog, .. others?.OwnSettings ?? (settings.EndsAfterAnswer ? FreePorts : []), .. settings.AllSettings],
            host =>
            {
                settings.ConfigureHost(host);
                if (others is not null)
                    host.DataDirectory = others.DataOf(0);
            },
            cancellationToken);
        // Ctrl-C comes to the host, and through it to what the demo itself is at.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        try
        {
            var view = new DemoView(settings);
            var status = await view.StartAsync(report => ReadyAsync(app, others, report, stopping.Token));
            await view.ShowAsync(status, DemoReport.EmulatedNetwork, request => AskAsync(app, request, stopping.Token));
            if (!settings.EndsAfterAnswer)
            {
                view.ShowAddresses(SiloHost.HttpAddress(app), $"{SiloHost.GatewayAddress(app)}", status.Model!.Id);
                await app.WaitForShutdownAsync(CancellationToken.None);
                return 0;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    private static async Task<PlanStatus> ReadyAsync(WebApplication app, DemoProcesses? others, Action<string> report, CancellationToken cancellationToken)
    {
        report("starting the silo");
        await app.StartAsync(cancellationToken);
        report("timing the devices, planning, loading the slices");
        others?.Start();
        // Silos offer their devices by themselves, and the fleet's grain has them planned.
        var target = app.Services.GetRequiredService<ServingTarget>();
        var plan = app.Services.GetRequiredService<IGrainFactory>().GetGrain<IPlanGrain>(target.Model.Id);
        var deviceCount = others?.DeviceCount ?? target.Fleet.Devices.Length;
        return await DemoView.JoinedAsync(
            () => plan.GetStatusAsync().WaitAsync(cancellationToken),
            fleet => fleet.Devices.Length == deviceCount && target.Fleet.Devices.All(fleet.Devices.Contains),
            others,
            cancellationToken);
    }

    /// <summary>Null: this process is the whole fog.</summary>
    private static DemoProcesses? OtherSilos(DemoSettings settings)
    {
        if (settings.Processes == 1)
            return null;
        var host = new HostOptions();
        settings.ConfigureHost(host);
        return new DemoProcesses(host, DemoShares.Of(settings.Processes, host), settings.AllSettings);
    }

    private static IAsyncEnumerable<ChatDelta> AskAsync(WebApplication app, ChatRequest request, CancellationToken cancellationToken) =>
        app.Services.GetRequiredService<IGrainFactory>().GetGrain<IChatGrain>(request.ModelId).StreamAsync(request, cancellationToken);
}
