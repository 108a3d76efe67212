using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Store;

public sealed class SliceRetentionTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FixedTime _time = new();
    private readonly ModelFile _model;
    private readonly SliceStore _store;

    public SliceRetentionTests()
    {
        _model = RandomModelFile.Create(_directory, "tiny-llama");
        _store = new SliceStore(_directory.File("store"), time: _time);
    }

    public void Dispose()
    {
        _model.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Trim_StoreTooLarge_RemovesTheLongestUnusedFirst()
    {
        var oldest = await UsedAsync(0, 3, hoursAgo: 9);
        var younger = await UsedAsync(3, 3, hoursAgo: 7);
        await UsedAsync(6, 2, hoursAgo: 5);
        await UsedAsync(0, 3, hoursAgo: 3); // used once more, so that the second is the longest unused

        var removed = await _store.TrimAsync(Files.Sum(file => file.Length) - 1, TimeSpan.MaxValue, [], CancellationToken.None);

        Assert.Equal(younger.Bytes, removed);
        Assert.False(File.Exists(younger.Path));
        Assert.True(File.Exists(oldest.Path));
        Assert.Equal(2, Files.Length);
    }

    [Fact]
    public async Task Trim_ModelThatIsServed_Stays()
    {
        var slice = await UsedAsync(0, 3, hoursAgo: 9);

        Assert.Equal(0, await _store.TrimAsync(0, TimeSpan.MaxValue, [slice.SourceSha256], CancellationToken.None));

        Assert.True(File.Exists(slice.Path));
    }

    [Fact]
    public async Task Trim_OfAnEarlierPlanAndTooOld_GoesAlsoWhereTheModelIsServed()
    {
        var old = await UsedAsync(0, 3, hoursAgo: 50);
        var young = await UsedAsync(3, 3, hoursAgo: 40);
        var later = new SliceStore(_directory.File("store"), time: _time); // of a later process, which has asked for neither
        var inUse = await later.GetAsync(_model, 0, 3, CancellationToken.None);

        Assert.Equal(0, await later.TrimAsync(long.MaxValue, TimeSpan.FromHours(45), [old.SourceSha256], CancellationToken.None));
        Assert.Equal(young.Bytes, await later.TrimAsync(long.MaxValue, TimeSpan.FromHours(30), [old.SourceSha256], CancellationToken.None));

        Assert.Equal((old.Path, true), (inUse.Path, File.Exists(old.Path)));
        Assert.False(File.Exists(young.Path));
    }

    [Fact]
    public async Task Trim_UsedAMomentAgo_Stays()
    {
        var slice = await UsedAsync(0, 3, hoursAgo: 0.5);

        Assert.Equal(0, await _store.TrimAsync(0, TimeSpan.MaxValue, [], CancellationToken.None));

        Assert.True(File.Exists(slice.Path));
    }

    [Fact]
    public async Task Trim_StoreSmallEnough_RemovesNothing()
    {
        await UsedAsync(0, 3, hoursAgo: 9);

        Assert.Equal(0, await _store.TrimAsync(Files.Sum(file => file.Length), TimeSpan.MaxValue, [], CancellationToken.None));

        Assert.Single(Files);
    }

    [Fact]
    public async Task Get_AfterItWasRemoved_CutsTheSameSliceAnew()
    {
        var slice = await UsedAsync(0, 3, hoursAgo: 9);
        await _store.TrimAsync(0, TimeSpan.MaxValue, [], CancellationToken.None);
        Assert.Empty(Files);

        Assert.Equal(slice, await _store.GetAsync(_model, 0, 3, CancellationToken.None));
        Assert.True(File.Exists(slice.Path));
    }

    [Fact]
    public async Task Trim_LeftoversOfACrash_AreRemoved()
    {
        // A slice that no entry names, and half of one.
        var slice = await UsedAsync(0, 3, hoursAgo: 9);
        var key = Path.GetFileNameWithoutExtension(Directory.GetFiles(_directory.File("store/index"), "*0-3*.json").Single());
        File.Delete(_directory.File($"store/index/{key}.json"));
        var half = Path.Combine(_directory.File("store/slices"), key + ".tmp");
        File.WriteAllBytes(half, new byte[10]);
        File.SetLastWriteTimeUtc(half, Now.AddHours(-9).UtcDateTime);

        Assert.Equal(slice.Bytes + 10, await _store.TrimAsync(0, TimeSpan.MaxValue, [], CancellationToken.None));

        Assert.Empty(Files);
    }

    [Fact]
    public async Task Trim_SliceThatSomebodyIsCutting_Stays()
    {
        var slice = await UsedAsync(0, 3, hoursAgo: 9);
        var key = Path.GetFileNameWithoutExtension(Directory.GetFiles(_directory.File("store/index"), "*0-3*.json").Single());
        using (new FileStream(_directory.File($"store/locks/{key}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(0, await _store.TrimAsync(0, TimeSpan.MaxValue, [], CancellationToken.None));

        Assert.True(File.Exists(slice.Path));
        Assert.Equal(slice.Bytes, await _store.TrimAsync(0, TimeSpan.MaxValue, [], CancellationToken.None));
    }

    private FileInfo[] Files => new DirectoryInfo(_directory.File("store/slices")).GetFiles();

    /// <summary>A slice that was asked for so long ago; its file is as old as the first time.</summary>
    private async Task<StoredSlice> UsedAsync(int firstLayer, int layerCount, double hoursAgo)
    {
        _time.Now = Now.AddHours(-hoursAgo);
        var slice = await _store.GetAsync(_model, firstLayer, layerCount, CancellationToken.None);
        if (File.GetLastWriteTimeUtc(slice.Path) > _time.Now)
            File.SetLastWriteTimeUtc(slice.Path, _time.Now.UtcDateTime);
        _time.Now = Now;
        return slice;
    }

    private sealed class FixedTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
