using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Storage;

/// <summary>A started silo on a store, with what a client and the store itself say of its requests.</summary>
internal sealed class StoredSilo : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private StoredSilo(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(app)) };
        Log = new LogCollector();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(Log);
    }

    public LogCollector Log { get; }

    private IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    private string Model => _app.Services.GetRequiredService<ServingTarget>().Model.Id;

    private IGrainStorage Storage => _app.Services.GetRequiredKeyedService<IGrainStorage>(JournalStorage.ProviderName);

    public static async Task<StoredSilo> StartAsync(IReadOnlyList<string> journal, string folder)
    {
        var app = await SiloHost.BuildAsync([.. journal], host =>
            (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, folder));
        await app.StartAsync();
        return new StoredSilo(app);
    }

    public async Task<PlanStatus> PlanAsync() =>
        await Grains.GetGrain<IPlanGrain>(Model).ApplyAsync(_app.Services.GetRequiredService<ServingTarget>().Fleet);

    /// <returns>The request's id, once its answer is whole.</returns>
    public async Task<string> RunAsync()
    {
        using var answer = await _http.PostAsJsonAsync("/v1/completions", new { prompt = "Once", max_tokens = 2 });
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return answer.Headers.GetValues("x-request-id").Single();
    }

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> DeleteAsync(string id)
    {
        using var answer = await _http.DeleteAsync($"/v1/requests/{id}");
        return answer.StatusCode;
    }

    public async Task<int> CountAsync() =>
        (await _http.GetFromJsonAsync<JsonElement>("/v1/statistics")).GetProperty("models")[0].GetProperty("whole").GetProperty("requests").GetInt32();

    /// <summary>Asks until so many requests are counted: they tell of their ends on their own time.</summary>
    public async Task CountedAsync(int requests)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await CountAsync() != requests)
            limit.Token.ThrowIfCancellationRequested();
    }

    private Task<GrainState<RequestJournal>> LoadAsync(string id) => LoadAsync<RequestJournal>("request", Grains.GetGrain<IRequestGrain>(id).GetGrainId());

    /// <summary>Asks the store until it has the end of a request: requests write on their own time.</summary>
    public async Task StoredAsync(string id)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while ((await LoadAsync(id)).State is not { IsUnread: false, Record.Phase: RequestPhase.Done })
            await pause.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>Asks the store until its statistics count so many requests.</summary>
    public async Task StoredStatisticsAsync(int requests)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await CountStoredAsync() != requests)
            await pause.WaitForNextTickAsync(limit.Token);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>-1 while the store does not answer.</summary>
    private async Task<long> CountStoredAsync()
    {
        try
        {
            var state = await LoadAsync<StatisticsJournal>("statistics", Grains.GetGrain<IRequestStatisticsGrain>(Model).GetGrainId());
            return state.State!.Groups.Select(group => group.Counts.Requests).DefaultIfEmpty().Max();
        }
        catch (StorageUnavailableException)
        {
            return -1;
        }
    }

    private async Task<GrainState<T>> LoadAsync<T>(string name, GrainId id)
        where T : new()
    {
        var state = new GrainState<T>(new T());
        await Storage.ReadStateAsync(name, id, state);
        return state;
    }
}
