using System.Net;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using E2LLM.Silo.Tests.Storage.Stores;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Storage;

/// <summary>What a silo expects of its store, whichever it is.</summary>
public sealed class JournalStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [StoreData(StorageProvider.Sqlite)]
    [StoreData(StorageProvider.AzureBlob)]
    public async Task Write_RecordOfALongPrompt_IsReadAgainWhole(StorageProvider provider)
    {
        await using var store = await StoreAsync(provider);
        await using var silo = await StoredSilo.StartAsync(store, _folder.Path);
        var written = State("long", tokens: 300_000);

        await silo.WriteAsync("long", written);
        var read = await silo.LoadAsync("long");

        Assert.Equal((true, written.ETag), (read.RecordExists, read.ETag));
        Assert.Equal(written.State!.Record!.Request.PromptTokens.AsSpan(), read.State!.Record!.Request.PromptTokens.AsSpan());
        await silo.StopAsync();
    }

    [Theory]
    [StoreData(StorageProvider.Sqlite)]
    [StoreData(StorageProvider.AzureBlob)]
    public async Task Write_AfterSomebodyElse_IsRefusedAndChangesNothing(StorageProvider provider)
    {
        await using var store = await StoreAsync(provider);
        await using var silo = await StoredSilo.StartAsync(store, _folder.Path);
        await silo.WriteAsync("shared", State("shared", tokens: 1));
        var late = await silo.LoadAsync("shared");
        var early = await silo.LoadAsync("shared");
        early.State = State("shared", tokens: 2).State;
        await silo.WriteAsync("shared", early);

        late.State = State("shared", tokens: 3).State;
        await Assert.ThrowsAsync<InconsistentStateException>(() => silo.WriteAsync("shared", late));
        await Assert.ThrowsAsync<InconsistentStateException>(() => silo.WriteAsync("shared", State("shared", tokens: 4)));
        await Assert.ThrowsAsync<InconsistentStateException>(() => silo.ClearAsync("shared", late));

        Assert.Equal(2, (await silo.LoadAsync("shared")).State!.Record!.Request.PromptTokens.Length);
        await silo.ClearAsync("shared", early);
        Assert.False((await silo.LoadAsync("shared")).RecordExists);
        await silo.StopAsync();
    }

    [Theory]
    [StoreData(StorageProvider.Sqlite)]
    [StoreData(StorageProvider.AzureBlob)]
    public async Task Run_StoreGoesAwayAndComesBack_ServesOnAndLosesNothing(StorageProvider provider)
    {
        await using var store = await StoreAsync(provider);
        await using var silo = await StoredSilo.StartAsync(store, _folder.Path);
        await silo.PlanAsync();
        var before = await silo.RunAsync();
        await silo.StoredAsync(before);

        await store.TakeAwayAsync();
        var during = new List<string>();
        for (var request = 0; request < 20; request++)
            during.Add(await silo.RunAsync());

        Assert.Equal(HttpStatusCode.OK, await silo.StatusOfAsync($"/v1/requests/{during[0]}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await silo.StatusOfAsync("/v1/requests/never-run"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await silo.DeleteAsync(before));
        Assert.Equal(HttpStatusCode.OK, await silo.StatusOfAsync("/health"));
        await silo.CountedAsync(21);
        Assert.Single(Troubles(silo));

        await store.BringBackAsync();
        foreach (var id in during)
            await silo.StoredAsync(id);
        await silo.StoredStatisticsAsync(21);
        Assert.Equal(HttpStatusCode.NotFound, await silo.StatusOfAsync("/v1/requests/never-run"));
        Assert.Equal(HttpStatusCode.OK, await silo.DeleteAsync(before));

        var lines = Troubles(silo);
        Assert.Equal(2, lines.Count);
        Assert.StartsWith("The journal's store does not answer: ", lines[0]);
        Assert.StartsWith("The journal's store answers again after ", lines[1]);
        await silo.StopAsync();
    }

    [Theory]
    [StoreData(StorageProvider.Sqlite)]
    [StoreData(StorageProvider.AzureBlob)]
    public async Task Start_OnTheStoreOfASiloBefore_KnowsItsRequestsStatisticsAndPlans(StorageProvider provider)
    {
        await using var store = await StoreAsync(provider);
        string id;
        long generation;
        await using (var first = await StoredSilo.StartAsync(store, _folder.Path))
        {
            generation = (await first.PlanAsync()).Plan!.Generation;
            id = await first.RunAsync();
            await first.CountedAsync(1);
            await first.StopAsync();
        }

        await using var second = await StoredSilo.StartAsync(store, _folder.Path);

        Assert.Equal(HttpStatusCode.OK, await second.StatusOfAsync($"/v1/requests/{id}"));
        Assert.Equal(1, await second.CountAsync());
        Assert.True((await second.PlanAsync()).Plan!.Generation > generation);
        await second.StopAsync();
    }

    private static List<string> Troubles(StoredSilo silo) =>
        [.. silo.Log.All.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text)];

    private async Task<ITestStore> StoreAsync(StorageProvider provider) =>
        provider == StorageProvider.Sqlite ? new SqliteStore(_folder.Path) : await Azurite.StartAsync();

    private static GrainState<RequestJournal> State(string id, int tokens) => new(new RequestJournal
    {
        Record = new RequestRecord
        {
            Request = new GenerationRequest { Id = id, ModelId = "none", PromptTokens = [.. Enumerable.Range(0, tokens)], MaxTokens = 9 },
            Phase = RequestPhase.Done,
            Timeline = new RequestTimeline { AcceptedAt = DateTimeOffset.UnixEpoch, PromptTokens = tokens },
        },
    });
}
