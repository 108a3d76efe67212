using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Kv;

[Collection(NativeCollection.Name)]
public sealed class LlamaKvContractTests(TestModels models) : KvStageEngineContract
{
    protected override async Task<IKvStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings) =>
        await models.Factory.LoadAsync(KvContractSpec.Of(TestModels.Demo, firstLayer, layerCount, settings), CancellationToken.None);
}
