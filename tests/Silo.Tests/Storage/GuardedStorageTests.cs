using E2LLM.Core.Errors;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Storage;

public sealed class GuardedStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("request", "r");

    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly OneRecordStore _store = new();
    private readonly GuardedStorage _guarded;

    public GuardedStorageTests() => _guarded = new GuardedStorage(
        _store,
        new OrleansGrainStorageSerializer(_services.GetRequiredService<Serializer>()),
        new StorageOutage(_time, new LogLines<StorageOutage>()));

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Write_AfterOneWhoseAnswerWasLost_IsNoConflict()
    {
        var state = new GrainState<string>("first");
        _store.LosesAnswer = true;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _guarded.WriteStateAsync("s", Grain, state));
        _store.LosesAnswer = false;
        _time.Advance(StorageOutage.ProbePeriod);
        state.State = "second";

        await _guarded.WriteStateAsync("s", Grain, state);

        Assert.Equal(("second", _store.ETag), (_store.Text, state.ETag));
    }

    [Fact]
    public async Task Write_OverWhatSomebodyElseWroteInTheOutage_IsAConflict()
    {
        var state = new GrainState<string>("first");
        _store.IsGone = true;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _guarded.WriteStateAsync("s", Grain, state));
        _store.IsGone = false;
        await _store.WriteStateAsync("s", Grain, new GrainState<string>("theirs"));
        _time.Advance(StorageOutage.ProbePeriod);

        await Assert.ThrowsAsync<InconsistentStateException>(() => _guarded.WriteStateAsync("s", Grain, state));

        Assert.Equal("theirs", _store.Text);
    }

    [Fact]
    public async Task Read_WhileTheStoreIsGone_BeginsEmptyWhereTheStateMay()
    {
        _store.IsGone = true;
        var request = new GrainState<RequestJournal>(new RequestJournal());

        await _guarded.ReadStateAsync("request", Grain, request);

        Assert.True(request.State!.IsUnread);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _guarded.ReadStateAsync("plan", Grain, new GrainState<string>("")));
    }

    /// <summary>One text with a version, as any store keeps it.</summary>
    private sealed class OneRecordStore : IGrainStorage
    {
        private int _version;

        public bool LosesAnswer { get; set; }

        public bool IsGone { get; set; }

        public string? Text { get; private set; }

        public string? ETag => _version == 0 ? null : $"{_version}";

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (IsGone)
                throw new IOException("gone");
            (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)(object)Text!, ETag!, Text is not null);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (IsGone)
                throw new IOException("gone");
            if (grainState.ETag != ETag)
                throw new InconsistentStateException("another version");
            (Text, _version) = ((string)(object)grainState.State!, _version + 1);
            if (LosesAnswer)
                throw new IOException("no answer");
            grainState.ETag = ETag!;
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
