using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Inference.Emulation;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Engines;

public sealed class EmulatedStageEngineContractTests : StageEngineContract
{
    private static readonly SyntheticStageEngineFactory Factory = new(
        new SyntheticModelCatalog(SyntheticModel.Spec("s", layers: 8, vocabularySize: 2048)),
        new SyntheticTiming { CallSeconds = 0.0001 }, TimeProvider.System);

    protected override async Task<IStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) =>
        new EmulatedStageEngine(
        (IKvStageEngine)await Factory.CreateAsync(
            new StageEngineSpec
            {
                ModelId = "s",
                Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
                FirstLayer = firstLayer,
                LayerCount = layerCount,
                Settings = settings,
            },
            CancellationToken.None),
        slowdownFactor: 2, TimeProvider.System);
}
