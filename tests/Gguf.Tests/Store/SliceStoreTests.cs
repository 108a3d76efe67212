using System.Collections.Concurrent;
using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Store;

public sealed class SliceStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<SliceStoreEvent> _events = new();
    private readonly ModelFile _model;

    public SliceStoreTests() => _model = RandomModelFile.Create(_directory, "tiny-llama");

    public void Dispose()
    {
        _model.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Get_FirstTime_CutsAFileNamedByItsHash()
    {
        var slice = await NewStore().GetAsync(_model, 2, 3, CancellationToken.None);

        var sha = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(slice.Path)));
        Assert.Equal(sha, slice.Sha256);
        Assert.Equal(sha + ".gguf", Path.GetFileName(slice.Path));
        Assert.Equal(new FileInfo(slice.Path).Length, slice.Bytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_model.File.Path))), slice.SourceSha256);
        using var file = GgufFile.Open(slice.Path);
        Assert.Equal(new SliceFacts(2, 5, 8, slice.SourceSha256), SliceFacts.Read(file));
        Assert.Equal([SliceStoreEventKind.Cut], Kinds);
    }

    [Fact]
    public async Task Get_WholeModel_IsASliceToo()
    {
        var slice = await NewStore().GetAsync(_model, 0, 8, CancellationToken.None);

        using var file = GgufFile.Open(slice.Path);
        var facts = SliceFacts.Read(file);
        Assert.True(facts.IsFirst && facts.IsLast);
    }

    [Fact]
    public async Task Get_ManyAtOnceFromSeveralStores_CutsOnce()
    {
        // Stores share nothing in memory, so this is what several processes do.
        var stores = Enumerable.Range(0, 4).Select(_ => NewStore()).ToArray();

        var slices = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => stores[i % 4].GetAsync(_model, 0, 4, CancellationToken.None)));

        Assert.Single(slices.Distinct());
        Assert.Single(_events, happened => happened.Kind == SliceStoreEventKind.Cut);
        Assert.Equal(3, _events.Count(happened => happened.Kind == SliceStoreEventKind.Verified));
        Assert.Single(Directory.GetFiles(_directory.File("store/slices")));
    }

    [Fact]
    public async Task Get_AfterRestart_VerifiesOnceAndDoesNotCut()
    {
        var first = await NewStore().GetAsync(_model, 1, 2, CancellationToken.None);
        var store = NewStore();

        var second = await store.GetAsync(_model, 1, 2, CancellationToken.None);
        var third = await store.GetAsync(_model, 1, 2, CancellationToken.None);

        Assert.Equal(first, second);
        Assert.Equal(first, third);
        Assert.Equal([SliceStoreEventKind.Cut, SliceStoreEventKind.Verified], Kinds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_CorruptedFile_IsCutAnew(bool sameStore)
    {
        var store = NewStore();
        var slice = await store.GetAsync(_model, 1, 2, CancellationToken.None);
        var bytes = File.ReadAllBytes(slice.Path);
        bytes[^100] ^= 1;
        File.WriteAllBytes(slice.Path, bytes);
        File.SetLastWriteTimeUtc(slice.Path, File.GetLastWriteTimeUtc(slice.Path).AddSeconds(1));

        var again = await (sameStore ? store : NewStore()).GetAsync(_model, 1, 2, CancellationToken.None);

        Assert.Equal(slice, again);
        Assert.Equal(slice.Sha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(again.Path))));
        Assert.Equal([SliceStoreEventKind.Cut, SliceStoreEventKind.Corrupted, SliceStoreEventKind.Cut], Kinds);
    }

    [Theory]
    [InlineData("slices", "*.gguf", null)]
    [InlineData("index", "*v2.json", null)]
    [InlineData("index", "*v2.json", "{ half")]
    [InlineData("index", "*v2.json", "{\"Sha256\":\"../../etc/passwd\"}")]
    [InlineData("index", "source.*.json", "[]")]
    public async Task Get_StoreDamaged_IsMadeGoodAgain(string folder, string pattern, string? content)
    {
        var slice = await NewStore().GetAsync(_model, 1, 2, CancellationToken.None);
        var victim = Assert.Single(Directory.GetFiles(_directory.File($"store/{folder}"), pattern));
        if (content is null)
            File.Delete(victim);
        else
            File.WriteAllText(victim, content);

        Assert.Equal(slice, await NewStore().GetAsync(_model, 1, 2, CancellationToken.None));
    }

    [Fact]
    public async Task Get_Cancelled_WorksForTheNextCaller()
    {
        var store = NewStore();
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync(_model, 0, 4, cancellation.Token));

        Assert.True(File.Exists((await store.GetAsync(_model, 0, 4, CancellationToken.None)).Path));
    }

    [Fact]
    public async Task Get_ModelCutShortMeanwhile_FailsAndLeavesNothingBehind()
    {
        var store = NewStore();
        await store.GetSha256Async(_model, CancellationToken.None);
        using (var file = new FileStream(_model.File.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(file.Length / 2);

        var refusal = await Assert.ThrowsAsync<ModelFileException>(() => store.GetAsync(_model, 0, 8, CancellationToken.None));

        Assert.Contains("was changed while it was in use: it had", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.File("store/slices")));
    }

    [Fact]
    public async Task Get_OtherModelUnderTheSameName_IsAnotherSlice()
    {
        var store = NewStore();
        var first = await store.GetAsync(_model, 0, 4, CancellationToken.None);
        _model.Dispose();
        using var other = RandomModelFile.Create(_directory, "tiny-llama", seed: 2);
        File.SetLastWriteTimeUtc(other.File.Path, other.File.WrittenAt.AddSeconds(5));
        using var reopened = ModelFile.Open(other.File.Path);

        var second = await store.GetAsync(reopened, 0, 4, CancellationToken.None);

        Assert.NotEqual(first.Sha256, second.Sha256);
        Assert.NotEqual(first.SourceSha256, second.SourceSha256);
    }

    [Fact]
    public async Task Get_ModelWrittenToSinceItWasOpened_IsRefused()
    {
        File.SetLastWriteTimeUtc(_model.File.Path, _model.File.WrittenAt.AddSeconds(5));

        var refusal = await Assert.ThrowsAsync<ModelFileException>(() => NewStore().GetAsync(_model, 0, 4, CancellationToken.None));

        Assert.Contains("was changed while it was in use: it was written to at", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.File("store/slices")));
    }

    [Fact]
    public void New_DirectoryThatCannotBe_IsRefusedWithItsPath()
    {
        var file = _directory.Write("file", [1]);

        Assert.Contains(file, Assert.Throws<E2LlmException>(() => new SliceStore(file)).Message, StringComparison.Ordinal);
    }

    private IEnumerable<SliceStoreEventKind> Kinds => _events.Select(happened => happened.Kind);

    private SliceStore NewStore() => new(_directory.File("store"), _events.Enqueue);
}
