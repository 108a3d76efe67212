using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Silo.Hosting;

/// <summary>Looks at what this machine has to compute on.</summary>
internal interface IComputeDeviceProbe
{
    /// <exception cref="ConfigurationException">The engine's library cannot be loaded: says why.</exception>
    IReadOnlyList<ComputeDevice> Find(LlamaLibraryOptions library);
}
