using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Inference.Emulation;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Kv;

public sealed class EmulatedKvContractTests : KvStageEngineContract
{
    private static readonly SyntheticStageEngineFactory Factory = new(
        new SyntheticModelCatalog(SyntheticModel.Spec("s", layers: 8, vocabularySize: 2048)),
        new SyntheticTiming { CallSeconds = 0.0001 }, TimeProvider.System);

    protected override async Task<IKvStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) => new EmulatedStageEngine(
        (IKvStageEngine)await Factory.CreateAsync(KvContractSpec.Of("s", firstLayer, layerCount, settings), CancellationToken.None),
        slowdownFactor: 2, TimeProvider.System);
}
