using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Kv;

public sealed class SyntheticKvContractTests : KvStageEngineContract
{
    private static readonly SyntheticStageEngineFactory Factory = new(
        new SyntheticModelCatalog(SyntheticModel.Spec("s", layers: 8, vocabularySize: 2048)), new SyntheticTiming(), TimeProvider.System);

    protected override async Task<IKvStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) =>
        (IKvStageEngine)await Factory.CreateAsync(KvContractSpec.Of("s", firstLayer, layerCount, settings), CancellationToken.None);
}
