using System.Net;
using System.Text.Json;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;

namespace E2LLM.Gateway.Tests.Requests;

[Collection(GatewayCollection.Name)]
public sealed class RequestEndpointTests(GatewayFixture gateway)
{
    [Fact]
    public async Task GetRequest_Done_TellsItsTimesAndNotItsText()
    {
        var model = gateway.Fleet.Add(Scripts.Says("a secret answer"));
        using var answer = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        var id = (await answer.JsonAsync()).GetProperty("id").GetString();

        using var response = await gateway.Http.GetAsync($"/v1/requests/{id}");

        var request = await response.JsonAsync();
        Assert.Equal((id, model.Id, "done"), (Text(request, "id"), Text(request, "model"), Text(request, "phase")));
        var timeline = request.GetProperty("timeline");
        Assert.Equal(1, timeline.GetProperty("first_token_seconds").GetDouble());
        Assert.Equal((0.5, 0.375, 0.5, 2.5), (
            timeline.GetProperty("wait_seconds").GetDouble(),
            timeline.GetProperty("prefill_seconds").GetDouble(),
            timeline.GetProperty("seconds_per_output_token").GetDouble(),
            timeline.GetProperty("end_to_end_seconds").GetDouble()));
        Assert.Equal([1, 1.5, 2], timeline.GetProperty("token_seconds").EnumerateArray().Select(seconds => seconds.GetDouble()));
        Assert.Equal(JsonValueKind.Null, timeline.GetProperty("decoder_wait_seconds").ValueKind);
        Assert.Equal("d1", Text(timeline.GetProperty("devices")[0], "id"));
        Assert.Equal(
            ["failure", "finish", "generated_tokens", "id", "max_tokens", "model", "object", "phase", "prompt_tokens", "timeline"],
            request.EnumerateObject().Select(property => property.Name).Order());
    }

    [Theory]
    [InlineData("never-run")]
    [InlineData("not%20an%20id")]
    public async Task Request_Unknown_Is404(string id)
    {
        using var got = await gateway.Http.GetAsync($"/v1/requests/{id}");
        using var deleted = await gateway.Http.DeleteAsync($"/v1/requests/{id}");

        Assert.Equal((HttpStatusCode.NotFound, "request_not_found"), ((await got.ErrorAsync()).Status, (await got.ErrorAsync()).Code));
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
    }

    [Fact]
    public async Task DeleteRequest_Done_IsGoneAfterwards()
    {
        var model = gateway.Fleet.Add(Scripts.Says("a secret answer"));
        using var answer = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        var id = (await answer.JsonAsync()).GetProperty("id").GetString();

        using var deleted = await gateway.Http.DeleteAsync($"/v1/requests/{id}");

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal($$"""{"id":"{{id}}","object":"request.deleted","deleted":true}""", await deleted.Content.ReadAsStringAsync());
        using var got = await gateway.Http.GetAsync($"/v1/requests/{id}");
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
