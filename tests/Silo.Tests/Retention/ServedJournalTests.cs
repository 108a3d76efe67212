using System.Net;
using System.Net.Http.Json;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Retention;

public sealed class ServedJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    /// <summary>Retention knows the records by what the storage provider calls them, and when they were written.</summary>
    [Fact]
    public async Task Prune_JournalOfASiloThatServed_FindsItsRequest()
    {
        await using var app = await SiloHost.BuildAsync([], host =>
            (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, _folder.Path));
        await app.StartAsync();
        var target = app.Services.GetRequiredService<ServingTarget>();
        var plan = app.Services.GetRequiredService<IGrainFactory>().GetGrain<Grains.Interfaces.Plans.IPlanGrain>(target.Model.Id);
        await plan.ApplyAsync(target.Fleet);
        using var http = new HttpClient();
        var answer = await http.PostAsJsonAsync(SiloHost.HttpAddress(app) + "/v1/completions", new { prompt = "Once", max_tokens = 2 });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.StopAsync(); // the grains write what they still hold
        var serializer = app.Services.GetRequiredService<IGrainStorageSerializer>();
        var journal = JournalSchema.ConnectionString(Path.Combine(_folder.Path, "journal.db"));

        Assert.Equal(0, Prune(days: 1));
        Assert.Equal(1, Prune(days: 3));

        int Prune(double days) => new JournalRetention(
            new JournalRecords(new JournalSource(journal), "e2llm"), serializer, new RetentionOptions { RequestDays = 2 }, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(days)))
            .Prune(CancellationToken.None);
    }

    /// <summary>A record that is written anew leaves its old self behind, too, if nobody sees to it.</summary>
    [Fact]
    public async Task Delete_RequestsOfASiloThatServed_LeavesNothingOfThemInTheFile()
    {
        await using var app = await SiloHost.BuildAsync([], host =>
            (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, _folder.Path));
        await app.StartAsync();
        var target = app.Services.GetRequiredService<ServingTarget>();
        await app.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<Grains.Interfaces.Plans.IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet);
        using var http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(app)) };
        var ids = new List<string>();
        for (var count = 0; count < 24; count++)
        {
            using var answer = await http.PostAsJsonAsync("/v1/completions", new { prompt = "Once", max_tokens = 2 });
            ids.Add(answer.Headers.GetValues("x-request-id").Single());
        }

        // Every other one, so that the pages stay.
        string[] deleted = [.. ids.Where((_, index) => index % 2 == 0)];
        foreach (var id in deleted)
            Assert.Equal(HttpStatusCode.OK, (await http.DeleteAsync("/v1/requests/" + id)).StatusCode);

        await app.StopAsync();
        SqliteConnection.ClearAllPools(); // the last connection takes the log along
        var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "journal.db")));
        Assert.DoesNotContain(deleted, id => text.Contains(id, StringComparison.Ordinal));
    }
}
