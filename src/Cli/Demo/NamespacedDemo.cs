using System.Runtime.InteropServices;
using E2LLM.Cli.Namespaces;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Demo;

/// <summary>
/// The demo with a network namespace for each silo: their links are no emulation in the silos but a network that takes its time and loses
/// frames. This process is the network, and a client of the fog; it hosts no silo.
/// </summary>
internal static class NamespacedDemo
{
    /// <summary>For the first silo to be there.</summary>
    private const double ConnectSeconds = 120;

    /// <exception cref="ConfigurationException">The system has no network namespaces, or does not let this process make them.</exception>
    public static async Task<int> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        FogNetwork.ThrowIfImpossible();
        var host = new HostOptions();
        settings.ConfigureHost(host);
        var shares = DemoShares.Of(settings.Processes, host);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        await using var network = await FogNetwork.CreateAsync(shares.Devices.Length, shares.Link, stopping.Token);
        await using var silos = new DemoProcesses(host, shares, settings.AllSettings, network);
        silos.Start();
        await using var client = await ConnectAsync(silos, stopping.Token);
        await ShowAsync(settings, silos, client, stopping.Token);
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }

    private static async Task ShowAsync(DemoSettings settings, DemoProcesses silos, E2LlmClient client, CancellationToken cancellationToken)
    {
        var view = new DemoView(settings);
        var modelId = (await client.GetModelsAsync(cancellationToken))[0];
        var status = await view.StartAsync(report =>
        {
            report("timing the devices, planning, loading the slices");
            return DemoView.JoinedAsync(() => client.GetStatusAsync(modelId, cancellationToken), fleet => fleet.Devices.Length == silos.DeviceCount, silos, cancellationToken);
        });
        await view.ShowAsync(status, DemoReport.NamespacesNetwork, request => client.StreamAsync(request, cancellationToken));
        if (settings.EndsAfterAnswer)
            return;
        view.ShowAddresses(silos.HttpAddresses[0], $"{silos.Gateways[0]}", modelId);
        await silos.WaitForAnyEndAsync(cancellationToken);
        if (!cancellationToken.IsCancellationRequested)
            silos.ThrowIfAnyEnded();
    }

    private static async Task<E2LlmClient> ConnectAsync(DemoProcesses silos, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connecting = E2LlmClient.ConnectAsync(new E2LlmClientOptions { Gateways = silos.Gateways, ConnectTimeoutSeconds = ConnectSeconds }, either.Token);
        if (await Task.WhenAny(connecting, silos.WaitForAnyEndAsync(either.Token)) != connecting)
        {
            await either.CancelAsync();
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            silos.ThrowIfAnyEnded();
        }
        return await connecting;
    }
}
