using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Engines;

public sealed class SyntheticStageEngineContractTests : StageEngineContract
{
    private static readonly SyntheticStageEngineFactory Factory = new(
        new SyntheticModelCatalog(SyntheticModel.Spec("s", layers: 8, vocabularySize: 2048)), new SyntheticTiming(), TimeProvider.System);

    protected override Task<IStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) => Factory.CreateAsync(
        new StageEngineSpec
        {
            ModelId = "s",
            Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
            FirstLayer = firstLayer,
            LayerCount = layerCount,
            Settings = settings,
        },
        CancellationToken.None);
}
