using System.Text.Json;
using E2LLM.Core.Plans;
using E2LLM.Core.Statistics;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;

namespace E2LLM.Gateway.Tests.Statistics;

[Collection(GatewayCollection.Name)]
public sealed class StatisticsEndpointTests(GatewayFixture gateway)
{
    [Fact]
    public async Task GetStatistics_ServedModel_HasModelRolesAndReplicas()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        var wait = new ValueSummary { Count = 5, Mean = 0.5, P50 = 0.25, P90 = 1, P99 = 2, Max = 4 };
        model.Statistics = new RequestStatistics
        {
            Since = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero),
            Whole = new() { Requests = 9, Failed = 1, Cancelled = 3, Figures = [new(RequestFigure.Wait, wait)] },
            Roles = [new() { Role = ReplicaRole.Prefill, Requests = 9 }, new() { Role = ReplicaRole.Decoder, Requests = 8 }],
            Replicas = [new() { Role = ReplicaRole.Decoder, Replica = "3/r1", Requests = 8, GeneratedTokens = 80 }],
            Callers = [new() { CallerId = "alice", Requests = 5, Failed = 1, Cancelled = 2, PromptTokens = 50, GeneratedTokens = 40 }],
            OtherCallers = new() { Requests = 4, GeneratedTokens = 30 },
        };

        var statistics = await StatisticsAsync(model);

        Assert.Equal("2024-05-06T07:08:09+00:00", statistics.GetProperty("since").GetString());
        var whole = statistics.GetProperty("whole");
        Assert.Equal((9, 1, 3), (Number(whole, "requests"), Number(whole, "failed"), Number(whole, "cancelled")));
        Assert.Equal(
            ["count 5", "mean 0.5", "p50 0.25", "p90 1", "p99 2", "max 4"],
            whole.GetProperty("wait_seconds").EnumerateObject().Select(value => $"{value.Name} {value.Value.GetRawText()}"));
        Assert.Equal(JsonValueKind.Null, whole.GetProperty("inter_token_seconds").ValueKind);
        Assert.Equal(["prefill", "decoder"], statistics.GetProperty("roles").EnumerateArray().Select(role => role.GetProperty("role").GetString()));
        var replica = Assert.Single(statistics.GetProperty("replicas").EnumerateArray());
        Assert.Equal(("3/r1", "decoder", 80), (
            replica.GetProperty("replica").GetString(), replica.GetProperty("role").GetString(), Number(replica, "generated_tokens")));
        Assert.Equal(
            """[{"caller":"alice","requests":5,"failed":1,"refused":0,"cancelled":2,"prompt_tokens":50,"generated_tokens":40}]""",
            statistics.GetProperty("callers").GetRawText());
        Assert.Equal(
            """{"requests":4,"failed":0,"refused":0,"cancelled":0,"prompt_tokens":0,"generated_tokens":30}""",
            statistics.GetProperty("other_callers").GetRawText());
    }

    [Fact]
    public async Task GetStatistics_NoRequestYet_HasEveryFigureAndNoValue()
    {
        var statistics = await StatisticsAsync(gateway.Fleet.Add(Scripts.Says("x")));

        Assert.Equal(JsonValueKind.Null, statistics.GetProperty("since").ValueKind);
        var whole = statistics.GetProperty("whole");
        Assert.Equal(0, Number(whole, "requests"));
        Assert.Equal(Enum.GetValues<RequestFigure>().Length, whole.EnumerateObject().Count(figure => figure.Value.ValueKind == JsonValueKind.Null));
        Assert.Equal(0, statistics.GetProperty("replicas").GetArrayLength());
        Assert.Equal(0, statistics.GetProperty("callers").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, statistics.GetProperty("other_callers").ValueKind);
    }

    private async Task<JsonElement> StatisticsAsync(FakeModel model)
    {
        using var response = await gateway.Http.GetAsync("/v1/statistics");
        var models = (await response.JsonAsync()).GetProperty("models").EnumerateArray();
        return models.Single(entry => entry.GetProperty("model").GetString() == model.Id);
    }

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
