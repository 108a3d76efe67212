using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Inference.Tests.Kv;

internal static class KvContractSpec
{
    public static StageEngineSpec Of(string modelId, int firstLayer, int layerCount, EngineSettings settings) => new()
    {
        ModelId = modelId,
        Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
        FirstLayer = firstLayer,
        LayerCount = layerCount,
        Settings = settings,
    };
}
