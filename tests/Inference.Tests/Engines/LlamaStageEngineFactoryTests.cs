using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Engines;

[Collection(NativeCollection.Name)]
public sealed class LlamaStageEngineFactoryTests(TestModels models)
{
    [Fact]
    public async Task Create_FromATurn_LoadsOutsideOfIt()
    {
        var slices = new WatchedStore(models.Store);
        var factory = new LlamaStageEngineFactory(models.Catalog, slices, TestRuntime.Options, TimeProvider.System);
        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var spec = new StageEngineSpec
        {
            ModelId = TestModels.Demo,
            Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
            FirstLayer = 0,
            LayerCount = 8,
            Settings = new EngineSettings { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 },
        };
        var turn = Task.Factory.StartNew(
            () => factory.CreateAsync(spec, CancellationToken.None), CancellationToken.None, TaskCreationOptions.None, turns);
        await using var engine = await await turn;
        Assert.Same(TaskScheduler.Default, slices.AskedOn);
    }

    /// <summary>Notes where it was asked.</summary>
    private sealed class WatchedStore(ISliceStore store) : ISliceStore
    {
        public TaskScheduler? AskedOn { get; private set; }

        public Task<StoredSlice> GetAsync(ModelFile model, int firstLayer, int layerCount, CancellationToken cancellationToken)
        {
            AskedOn = TaskScheduler.Current;
            return store.GetAsync(model, firstLayer, layerCount, cancellationToken);
        }

        public Task<long> TrimAsync(long maxBytes, TimeSpan maxIdle, IReadOnlyCollection<string> servedSha256, CancellationToken cancellationToken) =>
            store.TrimAsync(maxBytes, maxIdle, servedSha256, cancellationToken);

        public Task<string> GetSha256Async(ModelFile model, CancellationToken cancellationToken) => store.GetSha256Async(model, cancellationToken);
    }
}
