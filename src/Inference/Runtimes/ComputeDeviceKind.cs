namespace E2LLM.Inference.Runtimes;

/// <summary>Kinds of <see cref="ComputeDevice"/>.</summary>
public enum ComputeDeviceKind
{
    Cpu,

    /// <summary>With memory of its own.</summary>
    Gpu,

    /// <summary>What has no memory of its own: integrated GPUs, and what helps a CPU.</summary>
    Other,
}
