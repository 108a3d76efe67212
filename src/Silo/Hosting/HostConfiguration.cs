using System.Net;
using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Trust;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Gateway.Hosting;
using E2LLM.Gguf.Models;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Grains.Weights;
using E2LLM.Inference.Runtimes;
using E2LLM.Planning;
using E2LLM.Planning.FleetFiles;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Weights;

namespace E2LLM.Silo.Hosting;

/// <summary>What a silo is configured to be. All sections are read and checked together, before anything is opened or started.</summary>
internal sealed record HostConfiguration
{
    private const string Root = "E2LLM";

    public required HostOptions Host { get; init; }

    public required LlamaLibraryOptions Library { get; init; }

    public required RetentionOptions Retention { get; init; }

    public required StorageOptions Storage { get; init; }

    public required TrustOptions Trust { get; init; }

    public required MachineOptions Machine { get; init; }

    public required ClusteringOptions Clustering { get; init; }

    /// <summary>The devices that this silo hosts, and all links that its file names.</summary>
    public required FleetSpec Fleet { get; init; }

    public required WeightsOptions Weights { get; init; }

    /// <summary>Whether the model comes from other silos.</summary>
    public bool IsFromFog => FogModel.Is(Host.Model);

    /// <summary>The GGUF file to serve; of no meaning where the model comes from other silos.</summary>
    public string ModelPath => ModelPathOf(Host);

    /// <param name="reader">Of the whole configuration.</param>
    /// <param name="configure">Comes after the configuration, so it wins.</param>
    /// <param name="probe">Looks at the machine where no file describes it; null: by the engine.</param>
    /// <exception cref="ConfigurationException">Everything that is wrong in any section or in the fleet file: one line an error.</exception>
    public static HostConfiguration Read(ConfigurationReader reader, Action<HostOptions>? configure = null, IComputeDeviceProbe? probe = null)
    {
        var trust = reader.Read<TrustOptions>(TrustOptions.Section, (options, errors) => options.Check(errors));
        var host = reader.Read(HostOptions.Section, (options, errors) => HostOptionsCheck.Check(options, trust.IsOn, errors), configure);
        var machine = reader.Read<MachineOptions>(MachineOptions.Section, (options, errors) => options.Check(errors));
        var clustering = reader.Read<ClusteringOptions>(ClusteringOptions.Section, (options, errors) => options.Check(errors));
        var storage = reader.Read<StorageOptions>(StorageOptions.Section, (options, errors) => options.Check(errors, clustering));
        var library = reader.Read<LlamaLibraryOptions>(LlamaLibraryOptions.Section, (options, errors) => options.Check(errors));
        var retention = reader.Read<RetentionOptions>(RetentionOptions.Section);
        // Bound once more by whoever takes them out of the container; here they are only checked.
        reader.Read<ServingOptions>(ServingOptions.Section, (options, errors) =>
        {
            options.Check(errors);
            errors.CheckName(nameof(options.Planner), options.Planner, PlannerRegistry.Names);
        });
        reader.Read<RequestOptions>(RequestOptions.Section);
        reader.Read<FleetTimes>(FleetTimes.Section);
        reader.Read<GatewayOptions>(
            GatewayOptions.Section, (options, errors) => options.Check(errors, [ModelIdOf(host) is { Length: > 0 } id ? id : options.DefaultModel]));
        var weights = reader.Read<WeightsOptions>(WeightsOptions.Section);
        reader.Read<KvDataPortOptions>(KvDataPortOptions.Section, (options, errors) => options.Check(errors, willBeSecure: trust.IsOn));
        reader.Read<KvSenderOptions>(KvSenderOptions.Section);
        if (clustering.Provider == ClusteringProvider.Localhost && IPAddress.TryParse(host.Address, out var address) && !IPAddress.IsLoopback(address))
            reader.Add($"{HostOptions.Section}:{nameof(HostOptions.Address)} is {host.Address}, and {ClusteringOptions.Section}:{nameof(ClusteringOptions.Provider)} is Localhost, whose silo nobody joins: choose another provider.");
        if (clustering.Provider == ClusteringProvider.Localhost && FogModel.Is(host.Model))
            reader.Add($"{HostOptions.Section}:{nameof(HostOptions.Model)} is {host.Model}, and {ClusteringOptions.Section}:{nameof(ClusteringOptions.Provider)} is Localhost, whose silo joins nobody: choose another provider, or name a GGUF file.");
        reader.CheckKeys(Root);
        var fleet = ReadFleet(reader, host, () => MachineFleet.Of(host.Name, machine, (probe ?? new EngineProbe()).Find(library)));
        reader.ThrowIfAny();
        return new HostConfiguration
        {
            Host = host,
            Library = library,
            Machine = machine,
            Trust = trust,
            Weights = weights,
            Retention = retention,
            Storage = storage,
            Clustering = clustering,
            Fleet = fleet!,
        };
    }

    /// <summary>Empty where it is not known before the fog has been asked.</summary>
    private static string ModelIdOf(HostOptions host) => FogModel.Is(host.Model) ? FogModel.IdOf(host.Model) : ModelFile.IdOf(ModelPathOf(host));

    private static string ModelPathOf(HostOptions host) => host.Model.Length > 0 ? host.Model : ShippedFiles.DemoModel;

    /// <returns>Null where there is an error in it, or none such file, which has been reported already.</returns>
    private static FleetSpec? ReadFleet(ConfigurationReader reader, HostOptions host, Func<FleetSpec> machine)
    {
        if (host.Fleet.Length > 0 && !File.Exists(host.Fleet))
            return null;
        var isMachine = host.Fleet.Length == 0 && host.Model.Length > 0;
        // The engine is not loaded by options that are wrong.
        if (isMachine && reader.HasErrors)
            return null;
        try
        {
            return isMachine ? Hosted(reader, host, machine()) : Hosted(reader, host, FleetFileReader.Read(host.Fleet.Length > 0 ? host.Fleet : ShippedFiles.DemoFleet));
        }
        catch (ConfigurationException error)
        {
            reader.Add(error.Message);
            return null;
        }
    }

    /// <summary>The fleet with those of its devices that this silo hosts.</summary>
    private static FleetSpec Hosted(ConfigurationReader reader, HostOptions host, FleetSpec fleet)
    {
        if (host.Devices.Length == 0)
            return fleet;
        string[] ids = host.Devices == HostOptions.NoDevices ? [] : host.Devices.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var id in ids.Where(id => fleet.Find(id) is null))
            reader.Add($"{HostOptions.Section}:{nameof(HostOptions.Devices)} names '{id}', which the fleet does not have. It has: {string.Join(", ", fleet.Devices.Select(device => device.Id))}.");
        return fleet with { Devices = [.. fleet.Devices.Where(device => ids.Contains(device.Id))] };
    }
}
