using System.Globalization;
using System.Runtime.InteropServices;
using E2LLM.Core.Fleets;

namespace E2LLM.Silo.Hosting;

/// <summary>This machine as a fleet of one device, where no file describes one.</summary>
internal static class MachineFleet
{
    /// <param name="siloName">The device is called by it.</param>
    /// <param name="options">What of the machine may be used.</param>
    public static FleetSpec Of(string siloName, MachineOptions options)
    {
        // What the process may have at most: a container's limit where there is one.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var cores = options.Cores > 0 ? Math.Min(options.Cores, Environment.ProcessorCount) : Environment.ProcessorCount;
        return new FleetSpec
        {
            Name = "fog",
            Devices =
            [
                new DeviceSpec
                {
                    Id = IdOf(siloName),
                    MemoryBytes = (long)(memory * options.MemoryShare),
                    Threads = cores,
                    Description = string.Create(
                        CultureInfo.InvariantCulture,
                        $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}, {cores} of {Environment.ProcessorCount} cores, {options.MemoryShare:P0} of {memory / (double)(1 << 30):0.#} GiB"),
                },
            ],
        };
    }

    /// <summary>What a device may not be called by is replaced.</summary>
    private static string IdOf(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'));
}
