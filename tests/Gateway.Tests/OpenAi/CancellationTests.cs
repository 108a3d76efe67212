using System.Net;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

[Collection(GatewayCollection.Name)]
public sealed class CancellationTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_ClientGoesAway_StopsTheFleet(bool stream)
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));
        using var leave = new CancellationTokenSource();

        var reading = ReadAsync(ChatHttp.Body(model.Id, stream ? ""","stream":true""" : ""), leave.Token);
        await model.Started;
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await model.Ended;
    }

    [Fact]
    public async Task DeleteRequest_WhileStreaming_EndsTheStreamWithAnError()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));
        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true"""));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (!(await reader.ReadLineAsync())!.Contains("Hel", StringComparison.Ordinal))
        {
        }

        using var deleted = await gateway.Http.DeleteAsync($"/v1/requests/{response.Headers.GetValues("x-request-id").Single()}");

        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await model.Ended;
        string? line;
        while ((line = await reader.ReadLineAsync()) != "event: error")
            Assert.NotNull(line);
        Assert.Contains("request_cancelled", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task DeleteRequest_WhileWaitingForAWholeAnswer_EndsItWithAnError()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));
        var answer = gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        await model.Started;

        using var deleted = await gateway.Http.DeleteAsync($"/requests/{model.Request.Id}");

        using var response = await answer;
        Assert.Equal("request_cancelled", (await response.ErrorAsync()).Code);
        Assert.Equal(499, (int)response.StatusCode);
    }

    private async Task ReadAsync(string body, CancellationToken cancellationToken)
    {
        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, body, cancellationToken);
        await response.Content.ReadAsStringAsync(cancellationToken);
    }
}
