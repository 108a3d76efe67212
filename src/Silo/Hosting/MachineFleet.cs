using System.Globalization;
using System.Runtime.InteropServices;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Silo.Hosting;

/// <summary>This machine as a fleet, where no file describes one: a device for its processor, and one for each of its GPUs.</summary>
internal static class MachineFleet
{
    private const int MaxIdCharacters = 64;

    /// <param name="siloName">The devices are called by it.</param>
    /// <param name="options">What of the machine may be used.</param>
    /// <param name="found">What the engine can compute on.</param>
    public static FleetSpec Of(string siloName, MachineOptions options, IReadOnlyList<ComputeDevice> found)
    {
        // Not those that share the machine's memory with the processor: it would be offered twice.
        ComputeDevice[] gpus = [.. found.Where(device => options.Gpus && device is { Kind: ComputeDeviceKind.Gpu, TotalBytes: > 0 })];
        return new FleetSpec { Name = "fog", Devices = [Processor(siloName, options, found), .. gpus.Select(gpu => Gpu(siloName, options, gpu))] };
    }

    private static DeviceSpec Processor(string siloName, MachineOptions options, IReadOnlyList<ComputeDevice> found)
    {
        // What the process may have at most: a container's limit where there is one.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var cores = options.Cores > 0 ? Math.Min(options.Cores, Environment.ProcessorCount) : Environment.ProcessorCount;
        return new DeviceSpec
        {
            Id = IdOf(siloName),
            MemoryBytes = (long)(memory * options.MemoryShare),
            Threads = cores,
            // Else its layers would go to a GPU, into memory that it does not have.
            ComputeDevice = found.Any(device => device.Kind == ComputeDeviceKind.Gpu) ? found.FirstOrDefault(device => device.Kind == ComputeDeviceKind.Cpu)?.Name ?? "" : "",
            Description = string.Create(
                CultureInfo.InvariantCulture,
                $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}, {cores} of {Environment.ProcessorCount} cores, {Share(options, memory)}"),
        };
    }

    private static DeviceSpec Gpu(string siloName, MachineOptions options, ComputeDevice gpu)
    {
        var name = IdOf("-" + gpu.Name.ToLowerInvariant());
        return new DeviceSpec
        {
            Id = IdOf(siloName)[..Math.Min(siloName.Length, MaxIdCharacters - name.Length)] + name,
            // Others may use it as well, a screen for instance.
            MemoryBytes = Math.Min((long)(gpu.TotalBytes * options.MemoryShare), gpu.FreeBytes > 0 ? gpu.FreeBytes : long.MaxValue),
            ComputeDevice = gpu.Name,
            Description = $"{gpu.Description}, {Share(options, gpu.TotalBytes)}",
        };
    }

    private static string Share(MachineOptions options, long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.MemoryShare:P0} of {bytes / (double)(1 << 30):0.#} GiB");

    /// <summary>What a device may not be called by is replaced.</summary>
    private static string IdOf(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'));
}
