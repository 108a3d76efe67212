using E2LLM.Cluster.Tests.Exactness;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Weights;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Weights;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace E2LLM.Cluster.Tests.Weights;

/// <summary>Two silos with a device each: the first has the demo's model, the second takes what it needs from it.</summary>
internal sealed class WeightsFog : IAsyncDisposable
{
    private const int LayersOfTheFirst = 3;

    private readonly DirectoryInfo _directory;
    private readonly ModelFile _file;
    private readonly ModelCatalog _mirrored;

    private WeightsFog(DirectoryInfo directory, ModelFile file, ModelCatalog mirrored) => (_directory, _file, _mirrored) = (directory, file, mirrored);

    public required TestFog Fog { get; init; }

    public required ModelMirror Mirror { get; init; }

    /// <summary>Pieces that the second silo had from the first.</summary>
    public required HashSet<int> Fetched { get; init; }

    /// <summary>What the second silo may need of them beside its layers: the rows that it is tried with.</summary>
    public IEnumerable<int> Sample => PiecesOf(_file.Embedding.Tensor.OffsetBytes + (_file.Embedding.FirstSampleRow * _file.Embedding.RowBytes), 16 * _file.Embedding.RowBytes);

    public IEnumerable<int> PiecesOf(Func<string, bool> tensors) =>
        _file.File.Tensors.Where(tensor => tensors(tensor.Name)).SelectMany(tensor => PiecesOf(tensor.OffsetBytes, tensor.LengthBytes)).Distinct();

    public static async Task<WeightsFog> ServeAsync(DemoModel demo)
    {
        var directory = Directory.CreateTempSubdirectory("e2llm-weights-");
        var file = ModelFile.Open(DemoModel.FindModel());
        var whole = await new WeightsFolder(Path.Combine(directory.FullName, "a"), new MirrorLimits(), TimeProvider.System).ShareAsync(file, demo.Spec.Sha256, CancellationToken.None);

        // As a silo does before it starts: the header, by which the model is known.
        var mirror = new WeightsFolder(Path.Combine(directory.FullName, "b"), new MirrorLimits { ReserveBytes = 0 }, TimeProvider.System)
            .Mirror(WeightsManifest.Parse(whole.Manifest.Bytes, whole.Manifest.Root));
        mirror.FetchBy(new LocalFetcher(whole));
        var slices = new SliceStore(Path.Combine(directory.FullName, "slices"));
        var mirrored = await ModelCatalog.OpenAsync([await mirror.OpenAsync(CancellationToken.None)], slices, new LlamaLibraryOptions(), CancellationToken.None);
        var engines = new LlamaStageEngineFactory(mirrored, slices, new LlamaLibraryOptions(), TimeProvider.System);
        var fetched = new HashSet<int>();

        var layers = demo.Spec.LayerCount;
        var options = DemoFog.Options(demo, [[DemoFog.Device("a", 99)], [DemoFog.Device("b", 99)]], serving => serving.MaxStepTokens = 32) with
        {
            Planner = new SplitPlanner((ReplicaRole.Mixed, [("a", LayersOfTheFirst), ("b", layers - LayersOfTheFirst)])),
            Silo = silo =>
            {
                silo.Services.AddSingleton<IOptions<FleetTimes>>(new OptionsWrapper<FleetTimes>(new FleetTimes { LeaseSeconds = 2 }));
                silo.Services.AddSingleton<IStageEngineFactory>(services => IsFirst(services) ? demo.Engines : Joined(services, engines, mirror, demo.Spec.Id, fetched));
                silo.AddE2LlmWeights(services => IsFirst(services)
                    ? new LocalWeights(demo.Spec.Id, _ => Task.FromResult<IPieceSource>(whole), _ => new WeightsProgress())
                    : new LocalWeights(demo.Spec.Id, _ => Task.FromResult<IPieceSource>(mirror), _ => mirror.Progress));
            },
        };
        var fog = await TestFog.ServeAsync(options);
        return new WeightsFog(directory, file, mirrored) { Fog = fog, Mirror = mirror, Fetched = fetched };
    }

    public async ValueTask DisposeAsync()
    {
        await Fog.DisposeAsync();
        _mirrored.Dispose();
        _file.Dispose();
        _directory.Delete(recursive: true);
    }

    private IEnumerable<int> PiecesOf(long offset, long length) => Mirror.Manifest.PiecesOf(0, offset, length);

    private static bool IsFirst(IServiceProvider silo) => silo.GetRequiredService<ILocalSiloDetails>().Name.EndsWith('0');

    private static LlamaStageEngineFactory Joined(IServiceProvider silo, LlamaStageEngineFactory engines, ModelMirror mirror, string modelId, HashSet<int> fetched)
    {
        mirror.FetchBy(new Recorded(
            new PieceFetcher(
                silo.GetRequiredService<IGrainFactory>(),
                modelId,
                silo.GetRequiredService<ILocalSiloDetails>().Name,
                new KvSenderOptions(),
                new WeightsOptions(),
                TimeProvider.System,
                NullLogger.Instance),
            fetched));
        return engines;
    }

    /// <summary>Remembers what was asked for.</summary>
    private sealed class Recorded(IPieceFetcher inner, HashSet<int> pieces) : IPieceFetcher
    {
        public async Task FetchAsync(PieceOrder order, CancellationToken cancellationToken)
        {
            await inner.FetchAsync(order, cancellationToken);
            pieces.UnionWith(order.Pieces); // one order at a time
        }
    }

    private sealed class LocalFetcher(IPieceSource source) : IPieceFetcher
    {
        public Task FetchAsync(PieceOrder order, CancellationToken cancellationToken)
        {
            foreach (var piece in order.Pieces)
            {
                var bytes = new byte[source.Manifest.Piece(piece).LengthBytes];
                source.Read(piece, 0, bytes);
                Assert.True(order.Take(piece, bytes));
            }
            return Task.CompletedTask;
        }
    }
}
