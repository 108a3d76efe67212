using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Engines;

[Collection(NativeCollection.Name)]
public sealed class LlamaStageEngineContractTests(TestModels models) : StageEngineContract
{
    protected override Task<IStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) =>
        models.Factory.CreateAsync(
        new StageEngineSpec
        {
            ModelId = TestModels.Demo,
            Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
            FirstLayer = firstLayer,
            LayerCount = layerCount,
            Settings = settings,
        },
        CancellationToken.None);
}
