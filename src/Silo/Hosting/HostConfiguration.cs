using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Gateway.Hosting;
using E2LLM.Gguf.Models;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Inference.Runtimes;
using E2LLM.Planning;
using E2LLM.Planning.FleetFiles;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Storage;

namespace E2LLM.Silo.Hosting;

/// <summary>What a silo is configured to be. All sections are read and checked together, before anything is opened or started.</summary>
internal sealed record HostConfiguration
{
    private const string Root = "E2LLM";

    public required HostOptions Host { get; init; }

    public required LlamaLibraryOptions Library { get; init; }

    public required RetentionOptions Retention { get; init; }

    public required StorageOptions Storage { get; init; }

    public required ClusteringOptions Clustering { get; init; }

    public required FleetSpec Fleet { get; init; }

    /// <summary>The GGUF file to serve.</summary>
    public string ModelPath => ModelPathOf(Host);

    /// <param name="reader">Of the whole configuration.</param>
    /// <param name="configure">Comes after the configuration, so it wins.</param>
    /// <exception cref="ConfigurationException">Everything that is wrong in any section or in the fleet file: one line an error.</exception>
    public static HostConfiguration Read(ConfigurationReader reader, Action<HostOptions>? configure = null)
    {
        var host = reader.Read(HostOptions.Section, HostOptionsCheck.Check, configure);
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
        reader.Read<GatewayOptions>(
            GatewayOptions.Section, (options, errors) => options.Check(errors, [ModelFile.IdOf(ModelPathOf(host))]));
        reader.Read<KvDataPortOptions>(KvDataPortOptions.Section, (options, errors) => options.Check(errors));
        reader.Read<KvSenderOptions>(KvSenderOptions.Section);
        reader.CheckKeys(Root);
        var fleet = ReadFleet(reader, host);
        reader.ThrowIfAny();
        return new HostConfiguration { Host = host, Library = library, Retention = retention, Storage = storage, Clustering = clustering, Fleet = fleet! };
    }

    private static string ModelPathOf(HostOptions host) => host.Model.Length > 0 ? host.Model : ShippedFiles.DemoModel;

    /// <returns>Null where there is an error in it, or none such file, which has been reported already.</returns>
    private static FleetSpec? ReadFleet(ConfigurationReader reader, HostOptions host)
    {
        if (host.Fleet.Length > 0 && !File.Exists(host.Fleet))
            return null;
        try
        {
            return FleetFileReader.Read(host.Fleet.Length > 0 ? host.Fleet : ShippedFiles.DemoFleet);
        }
        catch (ConfigurationException error)
        {
            reader.Add(error.Message);
            return null;
        }
    }
}
