using System.Net;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Silo.Recovery;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Tests.Fixtures;
using E2LLM.Silo.Tests.Servers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Storage;

/// <summary>What a silo expects of its store, whichever it is.</summary>
public abstract class JournalStoreTests<TServer>(TServer server) : IClassFixture<TServer>, IDisposable
    where TServer : class, IStoreServer
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [ServerFact]
    public async Task Write_RecordOfAMegabyte_IsReadWholeByAnotherSiloToo()
    {
        await using var one = await BareStore.StartAsync(server.Journal("whole"), _folder.Path);
        await using var other = await BareStore.StartAsync(server.Journal("whole"), _folder.Path);
        var written = BareStore.State("long", tokens: 300_000);

        await one.WriteAsync("long", written);
        var read = await other.LoadAsync("long");

        Assert.Equal((true, written.ETag), (read.RecordExists, read.ETag));
        Assert.Equal(written.State!.Record!.Request.PromptTokens.AsSpan(), read.State!.Record!.Request.PromptTokens.AsSpan());
    }

    [ServerFact]
    public async Task Write_AfterSomebodyElse_IsRefusedAndChangesNothing()
    {
        await using var store = await BareStore.StartAsync(server.Journal("versions"), _folder.Path);
        await store.WriteAsync("shared", BareStore.State("shared", tokens: 1));
        var late = await store.LoadAsync("shared");
        var early = await store.LoadAsync("shared");
        early.State = BareStore.State("shared", tokens: 2).State;
        await store.WriteAsync("shared", early);

        late.State = BareStore.State("shared", tokens: 3).State;
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("shared", late));
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("shared", BareStore.State("shared", tokens: 4)));
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.ClearAsync("shared", late));

        Assert.Equal(2, (await store.LoadAsync("shared")).State!.Record!.Request.PromptTokens.Length);
        await store.ClearAsync("shared", early);
        Assert.False((await store.LoadAsync("shared")).RecordExists);
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("shared", late));
        await store.WriteAsync("shared", BareStore.State("shared", tokens: 5));
        Assert.Equal(5, (await store.LoadAsync("shared")).State!.Record!.Request.PromptTokens.Length);
    }

    [ServerFact]
    public async Task Write_StoreIsKilledMeanwhile_NothingIsLostThatWasAcknowledged()
    {
        await using var store = await BareStore.StartAsync(server.Journal("killed"), _folder.Path);
        var acknowledged = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // SQLite writes on the caller's thread.
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteUntilGoneAsync($"w{writer}"))).ToArray();
        await enough.Task;

        await server.KillAsync();
        var written = await Task.WhenAll(writers);
        await server.BringBackAsync();

        foreach (var (id, state, last) in written)
        {
            // One that was never let in has no record.
            var stored = (await store.LoadWhenBackAsync(id)).State!.Record?.Request.PromptTokens.Length ?? 0;
            Assert.True(stored == last || stored == last + 1, $"{stored} is stored of {last}"); // the last one may have arrived, without its answer
            state.State = BareStore.State(id, tokens: 7_000).State;
            await store.WriteAsync(id, state); // its writer goes on where it was
            Assert.Equal(7_000, (await store.LoadAsync(id)).State!.Record!.Request.PromptTokens.Length);
        }

        async Task<(string Id, GrainState<Grains.Requests.RequestJournal> State, int Acknowledged)> WriteUntilGoneAsync(string id)
        {
            var state = BareStore.State(id, tokens: 0);
            for (var tokens = 1; ; tokens++)
            {
                state.State = BareStore.State(id, tokens).State;
                try
                {
                    await store.WriteAsync(id, state);
                }
                catch (StorageUnavailableException)
                {
                    return (id, state, tokens - 1);
                }
                if (Interlocked.Increment(ref acknowledged) == 40)
                    enough.SetResult();
            }
        }
    }

    [ServerFact]
    public async Task Write_StoreHangs_IsGivenUpAndOthersDoNotWaitForIt()
    {
        await using var store = await BareStore.StartAsync(server.Journal("hangs"), _folder.Path);
        var state = BareStore.State("slow", tokens: 1);
        await store.WriteAsync("slow", state);
        await server.HangAsync();

        state.State = BareStore.State("slow", tokens: 2).State;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Task.Run(() => store.WriteAsync("slow", state)));
        var start = TimeProvider.System.GetTimestamp();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.WriteAsync("slow", state));
        Assert.True((await store.LoadAsync("other")).State!.IsUnread);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1.5));

        await server.GoOnAsync();
        await store.LoadWhenBackAsync("slow");
        state.State = BareStore.State("slow", tokens: 3).State;
        await store.WriteAsync("slow", state); // whether what was given up has arrived or not
        Assert.Equal(3, (await store.LoadAsync("slow")).State!.Record!.Request.PromptTokens.Length);
    }

    [ServerFact]
    public async Task Records_OfAStoreThatHasATableOfThem_AreFoundAndRemovedByAge()
    {
        await using var store = await BareStore.StartAsync(server.Journal("records"), _folder.Path);
        await store.WriteAsync("done", BareStore.State("done", tokens: 1));
        await store.WriteAsync("left", BareStore.State("left", tokens: 1, RequestPhase.Decode));
        if (store.Records is not { } records)
            return; // it gives only what is asked for, and says so at start

        Assert.Equal(["left"], new LeftRecords(records, store.Serializer).Find("none", DateTimeOffset.MaxValue));
        Assert.Equal(["done", "left"], new LeftRecords(records, store.Serializer).Find("none", null).Order());

        Assert.Equal(0, Prune(days: 1));
        Assert.Equal(1, Prune(days: 3));

        Assert.False((await store.LoadAsync("done")).RecordExists);
        Assert.True((await store.LoadAsync("left")).RecordExists);

        int Prune(double days) => new JournalRetention(
            records, store.Serializer, new RetentionOptions { RequestDays = 2 }, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(days)))
            .Prune(CancellationToken.None);
    }

    [ServerFact]
    public async Task Run_StoreGoesAwayAndComesBack_ServesOnAndLosesNothing()
    {
        await using var silo = await StoredSilo.StartAsync(server.Journal("outage"), _folder.Path);
        await silo.PlanAsync();
        var before = await silo.RunAsync();
        await silo.StoredAsync(before);

        await server.TakeAwayAsync();
        var during = new List<string>();
        for (var request = 0; request < 20; request++)
            during.Add(await silo.RunAsync());

        Assert.Equal(HttpStatusCode.OK, await silo.StatusOfAsync($"/v1/requests/{during[0]}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await silo.StatusOfAsync("/v1/requests/never-run"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await silo.DeleteAsync(before));
        Assert.Equal(HttpStatusCode.OK, await silo.StatusOfAsync("/health"));
        await silo.CountedAsync(21);
        Assert.Single(Troubles(silo));

        await server.BringBackAsync();
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

    [ServerFact]
    public async Task Start_OnTheStoreOfASiloBefore_KnowsItsRequestsStatisticsAndPlans()
    {
        string id;
        long generation;
        await using (var first = await StoredSilo.StartAsync(server.Journal("before"), _folder.Path))
        {
            generation = (await first.PlanAsync()).Plan!.Generation;
            id = await first.RunAsync();
            await first.CountedAsync(1);
            await first.StopAsync();
        }

        await using var second = await StoredSilo.StartAsync(server.Journal("before"), _folder.Path);

        Assert.Equal(HttpStatusCode.OK, await second.StatusOfAsync($"/v1/requests/{id}"));
        Assert.Equal(1, await second.CountAsync());
        Assert.True((await second.PlanAsync()).Plan!.Generation > generation);
        await second.StopAsync();
    }

    private static List<string> Troubles(StoredSilo silo) =>
        [.. silo.Log.All.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text)];
}

public sealed class SqliteJournalStoreTests(SqliteJournal server) : JournalStoreTests<SqliteJournal>(server);

public sealed class AzureBlobJournalStoreTests(AzuriteBlobs server) : JournalStoreTests<AzuriteBlobs>(server);

public sealed class RedisJournalStoreTests(Redis server) : JournalStoreTests<Redis>(server);

public sealed class PostgresJournalStoreTests(Postgres server) : JournalStoreTests<Postgres>(server);
