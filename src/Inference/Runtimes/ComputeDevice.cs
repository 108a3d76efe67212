namespace E2LLM.Inference.Runtimes;

/// <summary>What the loaded llama.cpp can compute on, as its own registry of backends has it.</summary>
/// <param name="Name">"CPU", "CUDA0", "Vulkan0".</param>
/// <param name="Description">"NVIDIA GeForce RTX 4090".</param>
/// <param name="Kind">What it is.</param>
/// <param name="TotalBytes">Memory of its own; of a CPU the machine's. 0 where the backend does not say.</param>
/// <param name="FreeBytes">Of these, not in use when the library was loaded.</param>
public sealed record ComputeDevice(string Name, string Description, ComputeDeviceKind Kind, long TotalBytes, long FreeBytes)
{
    /// <summary>ggml_backend_dev_type: 0 CPU, 1 GPU; beyond that integrated GPUs and helpers of the CPU, whose numbers differ between versions.</summary>
    internal static ComputeDeviceKind KindOf(int ggmlType) => ggmlType switch
    {
        0 => ComputeDeviceKind.Cpu,
        1 => ComputeDeviceKind.Gpu,
        _ => ComputeDeviceKind.Other,
    };
}
