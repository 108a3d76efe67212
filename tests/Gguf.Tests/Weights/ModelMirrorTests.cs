using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Tests.Fixtures;
using E2LLM.Gguf.Weights;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Gguf.Tests.Weights;

/// <summary>A machine that has the demo's model, and one that takes what it needs from there.</summary>
public sealed class ModelMirrorTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _there = new();
    private readonly TemporaryDirectory _here = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ModelFile _model = ModelFile.Open(DemoModel.Path);
    private SliceStore _whole = null!;
    private ModelPieces _pieces = null!;
    private FakeFetcher _fetcher = null!;

    public async Task InitializeAsync()
    {
        _whole = new SliceStore(_there.File("slices"));
        _pieces = await new WeightsFolder(_there.File("weights"), new MirrorLimits(), _time)
            .ShareAsync(_model, await _whole.GetSha256Async(_model, CancellationToken.None), CancellationToken.None);
        _fetcher = new FakeFetcher(_pieces);
    }

    public Task DisposeAsync()
    {
        _model.Dispose();
        _there.Dispose();
        _here.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(3, 2)]
    [InlineData(6, 2)]
    [InlineData(0, 8)]
    public async Task Slice_OfAMirror_IsThatOfTheWholeModelAndCostsItsTensorsOnly(int first, int count)
    {
        using var mirror = Mirror();
        using var model = await mirror.OpenAsync(CancellationToken.None);
        _fetcher.Asked.Clear();

        var slice = await NewStore().GetAsync(model, first, count, CancellationToken.None);

        var original = await _whole.GetAsync(_model, first, count, CancellationToken.None);
        Assert.Equal(original with { Path = "" }, slice with { Path = "" });
        Assert.Equal(File.ReadAllBytes(original.Path), File.ReadAllBytes(slice.Path));
        Assert.Equal(Expected(first, count).Except(_pieces.Manifest.HeaderPieces()).Order(), _fetcher.Asked.Order());
    }

    [Fact]
    public async Task Slice_OfASplitModel_IsThatOfTheWholeOne()
    {
        var raw = RawModel.Llama();
        var parts = SplitModel.Write(_there, SplitModel.Parts(raw, 5, raw.Tensors.Count - 5));
        using var split = ModelFile.Open(parts[1]);
        var shared = await new WeightsFolder(_there.File("weights"), new MirrorLimits(), _time)
            .ShareAsync(split, await _whole.GetSha256Async(split, CancellationToken.None), CancellationToken.None);
        using var mirror = Mirror(new FakeFetcher(shared));
        using var model = await mirror.OpenAsync(CancellationToken.None);

        var slice = await NewStore().GetAsync(model, 0, 1, CancellationToken.None);

        Assert.Equal("model", model.Id);
        Assert.Equal((await _whole.GetAsync(split, 0, 1, CancellationToken.None)).Sha256, slice.Sha256);
    }

    [Fact]
    public async Task Open_FromTheHeaderAlone_TellsEverythingButWeights()
    {
        using var mirror = Mirror();

        using var model = await mirror.OpenAsync(CancellationToken.None);

        Assert.Equal(_pieces.Manifest.HeaderPieces(), _fetcher.Asked);
        Assert.Equivalent(ModelSpecReader.Read(_model), ModelSpecReader.Read(model), strict: true);
        using var vocabulary = GgufFile.Open(model.VocabularyPath);
        Assert.Empty(vocabulary.Tensors);
        Assert.Equal(_model.File.Metadata.Entries.Select(entry => entry.Key), vocabulary.Metadata.Entries.Select(entry => entry.Key));
        var refusal = Assert.Throws<E2LlmException>(() => model.File.ReadTensor(model.File.Tensors[^1], 0, new byte[32]));
        Assert.Contains("not on this machine", refusal.Message);
    }

    [Fact]
    public async Task Fetch_BrokenOffByTheEndOfTheProcess_GoesOnWithWhatIsMissing()
    {
        var expected = Expected(0, 4);
        using (var broken = Mirror())
        {
            using var half = await broken.OpenAsync(CancellationToken.None);
            _fetcher.Limit = 20;
            await Assert.ThrowsAsync<E2LlmException>(() => NewStore().GetAsync(half, 0, 4, CancellationToken.None));
        }
        _fetcher.Limit = int.MaxValue;
        var before = _fetcher.Asked.ToArray();
        _fetcher.Asked.Clear();

        using var mirror = Mirror();
        using var model = await mirror.OpenAsync(CancellationToken.None);
        await NewStore().GetAsync(model, 0, 4, CancellationToken.None);

        Assert.Equal(20 + _pieces.Manifest.HeaderPieces().Count(), before.Length);
        Assert.Equal(expected.Union(_pieces.Manifest.HeaderPieces()).Except(before).Order(), _fetcher.Asked.Order());
    }

    [Fact]
    public async Task Fetch_WrongBytes_AreNeverTaken()
    {
        using var mirror = Mirror();
        using var model = await mirror.OpenAsync(CancellationToken.None);
        var bad = Expected(2, 2).Except(_pieces.Manifest.HeaderPieces()).Last();
        _fetcher.OnTheWay = (piece, bytes) => bytes[^1] ^= (byte)(piece == bad ? 1 : 0);

        await Assert.ThrowsAsync<E2LlmException>(() => NewStore().GetAsync(model, 2, 2, CancellationToken.None));

        Assert.False(_fetcher.HasBeenBelieved);
        Assert.False(mirror.Has(bad));
        Assert.Throws<E2LlmException>(() => mirror.Read(bad, 0, new byte[1]));
    }

    [Fact]
    public async Task Pieces_DamagedOnTheDisk_AreFetchedAnewByTheNextProcess()
    {
        using (var earlier = Mirror())
        using (var opened = await earlier.OpenAsync(CancellationToken.None))
            await NewStore().GetAsync(opened, 4, 2, CancellationToken.None);
        var damaged = Expected(4, 2).Except(_pieces.Manifest.HeaderPieces()).First();
        var path = Directory.GetFiles(_here.Path, $"{damaged:D5}.piece", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(path);
        bytes[7] ^= 1;
        File.WriteAllBytes(path, bytes);
        Directory.Delete(_here.File("slices"), recursive: true);
        _fetcher.Asked.Clear();

        using var mirror = Mirror();
        using var model = await mirror.OpenAsync(CancellationToken.None);
        var slice = await NewStore().GetAsync(model, 4, 2, CancellationToken.None);

        Assert.Equal([damaged], _fetcher.Asked);
        Assert.Equal((await _whole.GetAsync(_model, 4, 2, CancellationToken.None)).Sha256, slice.Sha256);
    }

    [Fact]
    public async Task Fetch_TooLittleRoom_SaysHowMuchIsNeededBeforeAnythingIsAsked()
    {
        var free = long.MaxValue;
        using var mirror = Mirror(limits: new MirrorLimits { ReserveBytes = 1000, FreeBytes = _ => free });
        using var model = await mirror.OpenAsync(CancellationToken.None);
        await NewStore().GetAsync(model, 0, 1, CancellationToken.None);
        _fetcher.Asked.Clear();
        free = 500_000;

        var error = await Assert.ThrowsAsync<E2LlmException>(() => NewStore().GetAsync(model, 1, 7, CancellationToken.None));

        Assert.True(error.MayRetry);
        Assert.Contains("layers 1 to 7", error.Message);
        Assert.Contains("500000 are free", error.Message);
        Assert.Contains("E2LLM:Weights:ReserveBytes", error.Message);
        Assert.DoesNotContain(_fetcher.Asked, piece => !Sample().Contains(piece));
    }

    [Fact]
    public async Task Trim_BeyondTheLimit_KeepsWhatIsReadAtAnyTime()
    {
        using var mirror = Mirror(limits: new MirrorLimits { MaxBytes = 0 });
        using var model = await mirror.OpenAsync(CancellationToken.None);

        await NewStore().GetAsync(model, 0, 3, CancellationToken.None);

        var kept = _pieces.Manifest.HeaderPieces().Union(Embedding()).ToArray();
        Assert.Equal(kept.Order(), Enumerable.Range(0, _pieces.Manifest.PieceCount).Where(mirror.Has));
        Assert.Equal(_pieces.Manifest.LengthOf(kept), mirror.Progress.HeldBytes);
        model.File.ReadTensor(model.Embedding.Tensor, 0, new byte[100]);
    }

    [Fact]
    public async Task Trim_UnusedForTooLong_GoesAndIsFetchedAgain()
    {
        using var mirror = Mirror(limits: new MirrorLimits { MaxIdle = TimeSpan.FromDays(3) });
        using var model = await mirror.OpenAsync(CancellationToken.None);
        (await mirror.HoldAsync([40, 41], 0, "test", CancellationToken.None)).Dispose();
        Assert.True(mirror.Has(40));
        _time.Advance(TimeSpan.FromDays(2));
        (await mirror.HoldAsync([41], 0, "test", CancellationToken.None)).Dispose();
        _time.Advance(TimeSpan.FromDays(2));

        Assert.Equal(_pieces.Manifest.Piece(40).LengthBytes, mirror.Trim());

        Assert.Equal((false, true), (mirror.Has(40), mirror.Has(41)));
        (await mirror.HoldAsync([40], 0, "test", CancellationToken.None)).Dispose();
        Assert.True(mirror.Has(40));
    }

    [Fact]
    public async Task Mirror_OfPieces_IsASourceForOthers()
    {
        using var mirror = Mirror();
        using var model = await mirror.OpenAsync(CancellationToken.None);
        using var other = new TemporaryDirectory();
        using var second = new WeightsFolder(other.Path, new MirrorLimits(), _time).Mirror(WeightsManifest.Parse(mirror.Manifest.Bytes, mirror.Manifest.Root));
        second.FetchBy(new FakeFetcher(mirror));

        using var opened = await second.OpenAsync(CancellationToken.None);

        Assert.Equal(model.HyperParameters, opened.HyperParameters);
    }

    [Fact]
    public async Task Share_FileThatChanged_IsHashedAnew()
    {
        var path = _there.File("model.gguf");
        var bytes = File.ReadAllBytes(DemoModel.Path);
        var folder = new WeightsFolder(_there.File("weights"), new MirrorLimits(), _time);
        File.WriteAllBytes(path, bytes);
        string first;
        using (var model = ModelFile.Open(path))
            first = (await folder.ShareAsync(model, await _whole.GetSha256Async(model, CancellationToken.None), CancellationToken.None)).Manifest.Root;
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var changed = ModelFile.Open(path);

        var second = await folder.ShareAsync(changed, await _whole.GetSha256Async(changed, CancellationToken.None), CancellationToken.None);

        Assert.NotEqual(first, second.Manifest.Root);
        Assert.Equal(second.Manifest.Root, (await folder.ShareAsync(changed, second.Manifest.Sha256, CancellationToken.None)).Manifest.Root);
    }

    private ModelMirror Mirror(FakeFetcher? fetcher = null, MirrorLimits? limits = null)
    {
        var from = fetcher ?? _fetcher;
        var mirror = new WeightsFolder(_here.File("weights"), limits ?? new MirrorLimits(), _time).Mirror(from.Manifest);
        mirror.FetchBy(from);
        return mirror;
    }

    private SliceStore NewStore() => new(_here.File("slices"));

    /// <summary>By the names of the tensors, which the code under test does not go by.</summary>
    private SortedSet<int> Expected(int first, int count)
    {
        var layers = Enumerable.Range(first, count).Select(layer => $"blk.{layer}.").ToArray();
        var isLast = first + count == _model.HyperParameters.LayerCount;
        var hasHead = _model.File.FindTensor("output.weight") is not null;
        var pieces = new SortedSet<int>(first == 0 ? Embedding() : Sample());
        foreach (var tensor in _model.File.Tensors)
        {
            var isWanted = tensor.Name switch
            {
                "token_embd.weight" => isLast && !hasHead,
                "output_norm.weight" => true,
                "output.weight" => isLast,
                var name => layers.Any(name.StartsWith) || !name.StartsWith("blk.", StringComparison.Ordinal),
            };
            if (isWanted)
                pieces.UnionWith(Of(tensor.OffsetBytes, tensor.LengthBytes));
        }
        return pieces;
    }

    private IEnumerable<int> Embedding() => Of(_model.Embedding.Tensor.OffsetBytes, _model.Embedding.Tensor.LengthBytes);

    private IEnumerable<int> Sample() => Of(_model.Embedding.RowOffsetBytes((_model.Embedding.Rows - 16) / 2), 16 * _model.Embedding.RowBytes);

    private IEnumerable<int> Of(long offset, long length)
    {
        for (var piece = offset / _pieces.Manifest.PieceBytes; piece * _pieces.Manifest.PieceBytes < offset + length; piece++)
            yield return (int)piece;
    }
}
