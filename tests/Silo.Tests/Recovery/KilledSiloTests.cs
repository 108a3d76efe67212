using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Recovery;

/// <summary>A silo on the journal of one that was killed: its last seconds are missing from the statistics, and one request was running.</summary>
public sealed class KilledSiloTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task Start_AfterAKill_CountsEveryRequestOnceAndEndsTheOneThatRan()
    {
        await using (var first = await StartAsync())
        {
            await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IPlanGrain>(Model(first)).ApplyAsync(Target(first).Fleet);
            using var http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(first)) };
            for (var request = 0; request < 3; request++)
            {
                var answer = await http.PostAsJsonAsync("/v1/completions", new { prompt = "Once", max_tokens = 2, user = "alice" });
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
            await first.StopAsync();
            LeaveBehind(first, "left");
        }
        Forget("statistics");

        await using (var second = await StartAsync())
        {
            var statistics = await CountedAsync(second, 4);
            Assert.Equal((4, 1), (statistics.GetProperty("whole").GetProperty("requests").GetInt32(), statistics.GetProperty("whole").GetProperty("failed").GetInt32()));
            Assert.Equal(3, statistics.GetProperty("whole").GetProperty("end_to_end_seconds").GetProperty("count").GetInt32());
            Assert.Equal(3, statistics.GetProperty("callers")[0].GetProperty("requests").GetInt32());
            using var http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(second)) };
            var left = await http.GetFromJsonAsync<JsonElement>("/v1/requests/left");
            Assert.Equal(("done", "interrupted"), (left.GetProperty("phase").GetString(), left.GetProperty("finish").GetString()));
            Assert.True(left.GetProperty("failure").GetProperty("may_retry").GetBoolean());
            await second.StopAsync();
        }

        await using var third = await StartAsync();
        Assert.Equal(4, (await CountedAsync(third, 4)).GetProperty("whole").GetProperty("requests").GetInt32());
        using var client = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(third)) };
        Assert.Equal(HttpStatusCode.OK, (await client.DeleteAsync("/v1/requests/left")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/requests/left")).StatusCode);
        Assert.Equal(4, (await CountedAsync(third, 4)).GetProperty("whole").GetProperty("requests").GetInt32());
        Assert.Equal(0, Rows("left"));
        await third.StopAsync();
    }

    [Fact]
    public async Task Build_AnotherSiloOnTheSameFolder_IsRefused()
    {
        await using var first = await BuildAsync();

        var error = await Assert.ThrowsAsync<Core.Errors.ConfigurationException>(BuildAsync);

        Assert.Contains($"process {Environment.ProcessId} on host", error.Message);
    }

    private async Task<WebApplication> StartAsync()
    {
        var app = await BuildAsync();
        await app.StartAsync();
        return app;
    }

    private Task<WebApplication> BuildAsync() => SiloHost.BuildAsync([], host =>
        (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, _folder.Path));

    private static ServingTarget Target(WebApplication app) => app.Services.GetRequiredService<ServingTarget>();

    private static string Model(WebApplication app) => Target(app).Model.Id;

    private static async Task<JsonElement> CountedAsync(WebApplication app, int requests)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var http = new HttpClient { BaseAddress = new Uri(SiloHost.HttpAddress(app)) };
        while (true)
        {
            var all = await http.GetFromJsonAsync<JsonElement>("/v1/statistics", limit.Token);
            var model = all.GetProperty("models")[0];
            if (model.GetProperty("whole").GetProperty("requests").GetInt32() >= requests)
                return model;
        }
    }

    /// <summary>As a process leaves it that dies while an answer is being written.</summary>
    private void LeaveBehind(WebApplication app, string id)
    {
        var record = new RequestRecord
        {
            Request = new GenerationRequest { Id = id, ModelId = Model(app), PromptTokens = [1, 2, 3], MaxTokens = 9 },
            Phase = RequestPhase.Decode,
            Timeline = new RequestTimeline { AcceptedAt = DateTimeOffset.UnixEpoch, PromptTokens = 3 },
        };
        var payload = app.Services.GetRequiredService<IGrainStorageSerializer>().Serialize(new RequestJournal { Record = record }).ToArray();
        using var connection = Open();
        using var command = connection.CreateCommand();
        // A row like those that the provider has written, with another id.
        command.CommandText = """
            INSERT INTO GrainState (ServiceId, GrainType, KeyHigh, KeyLow, KeyText, Version, Payload, ModifiedAt)
            SELECT ServiceId, GrainType, KeyHigh, KeyLow, $id, 1, $payload, 0 FROM GrainState WHERE GrainType = 'request' LIMIT 1;
            """;
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$payload", payload);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private void Forget(string grainType)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM GrainState WHERE GrainType = $type;";
        command.Parameters.AddWithValue("$type", grainType);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private int Rows(string id)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM GrainState WHERE KeyText = $id;";
        command.Parameters.AddWithValue("$id", id);
        return (int)(long)command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(JournalSchema.ConnectionString(Path.Combine(_folder.Path, "journal.db")));
        connection.Open();
        return connection;
    }
}
