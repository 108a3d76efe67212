using E2LLM.Cli.Namespaces;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Planning.FleetFiles;
using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Demo;

/// <summary>Which devices of a fleet each of several processes hosts.</summary>
internal sealed record DemoShares(FleetSpec Fleet, DeviceSpec[][] Devices)
{
    /// <exception cref="ConfigurationException">The fleet has fewer devices than there are to be processes, or its file makes no sense.</exception>
    public static DemoShares Of(int processes, HostOptions host)
    {
        var fleet = FleetFileReader.Read(host.Fleet.Length > 0 ? host.Fleet : Path.Combine(AppContext.BaseDirectory, "fleets", "demo.json"));
        if (processes > fleet.Devices.Length)
            throw new ConfigurationException($"--processes is {processes}; fleet '{fleet.Name}' has {fleet.Devices.Length} devices, and each process needs one.");
        // One after the other, so that what is slow is not all in one process.
        return new DemoShares(fleet, [.. Enumerable.Range(0, processes).Select(index => fleet.Devices.Where((_, device) => device % processes == index).ToArray())]);
    }

    /// <summary>From one process to another.</summary>
    public LinkSpec Link(int from, int to) => LinkOfShares.Between(Fleet, Devices[from], Devices[to]);
}
