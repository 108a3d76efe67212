using E2LLM.Inference.Runtimes;

namespace E2LLM.Silo.Hosting;

/// <summary>Asks the engine's own registry of backends, so that only what it can use is offered.</summary>
internal sealed class EngineProbe : IComputeDeviceProbe
{
    public IReadOnlyList<ComputeDevice> Find(LlamaLibraryOptions library) => LlamaRuntimes.FindDevices(library);
}
