using E2LLM.Core.Errors;

namespace E2LLM.Inference.Runtimes;

/// <summary>Where a slice's layers are to be computed, in llama.cpp's terms.</summary>
/// <param name="GpuLayers">As <see cref="LlamaLibraryOptions.GpuLayers"/>.</param>
/// <param name="SingleGpu">The only GPU to be used, by its number among the GPUs; -1: none, also not for what the CPU could hand over; null: as llama.cpp sees fit.</param>
internal readonly record struct ComputeTarget(int GpuLayers, int? SingleGpu)
{
    public const int NoGpu = -1;

    /// <param name="name">Of a <see cref="ComputeDevice"/>; empty: the engine's own choice, which is a GPU where there is one.</param>
    /// <param name="devices">Those of the loaded runtime.</param>
    /// <param name="gpuLayers">The option's.</param>
    /// <exception cref="EngineException">There is no such device, or none that holds layers by itself; names those that there are.</exception>
    public static ComputeTarget Of(string name, IReadOnlyList<ComputeDevice> devices, int gpuLayers)
    {
        if (name.Length == 0)
            return new ComputeTarget(gpuLayers, null);
        var found = devices.FirstOrDefault(device => device.Name == name);
        return found?.Kind switch
        {
            ComputeDeviceKind.Cpu => new ComputeTarget(0, NoGpu),
            ComputeDeviceKind.Gpu => new ComputeTarget(gpuLayers, devices.Where(device => device.Kind == ComputeDeviceKind.Gpu).ToList().IndexOf(found)),
            _ => throw new EngineException(
                $"The engine has no compute device '{name}' that could hold layers. It has: "
                + $"{string.Join(", ", devices.Where(device => device.Kind != ComputeDeviceKind.Other).Select(device => device.Name))}."),
        };
    }
}
