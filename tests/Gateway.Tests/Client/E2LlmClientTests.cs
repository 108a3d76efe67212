using System.Net;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Gateway.Tests.Client;

[Collection(GatewayCollection.Name)]
public sealed class E2LlmClientTests(GatewayFixture gateway)
{
    private E2LlmClient Client => gateway.Client;

    [Fact]
    public async Task AskAsync_Prompt_GivesTheWholeAnswer()
    {
        var model = gateway.Fleet.Add(Scripts.Says("Hel", "lo"));

        var answer = await Client.AskAsync("Hi", model.Id, maxTokens: 9);

        Assert.Equal(("Hello", FinishReason.Stop), (answer.Text, answer.Finish));
        Assert.Equal((19, 5), (answer.PromptTokens, answer.GeneratedTokens));
        Assert.Equal(Scripts.Timeline.Replica, answer.Timeline!.Replica);
        Assert.Equal((answer.RequestId, 9), (model.Request.Id, model.Request.MaxTokens));
    }

    [Theory]
    [InlineData("", "client")]
    [InlineData("alice", "alice")]
    public async Task AskAsync_ClientWithAName_AsksUnderItWhereTheRequestNamesNobody(string callerId, string expected)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        await using var named = await E2LlmClient.ConnectAsync(gateway.ClientOptions("client"));

        await named.AskAsync(Request(model) with { CallerId = callerId });

        Assert.Equal(expected, model.Request.CallerId);
    }

    [Fact]
    public async Task StreamAsync_StopText_EndsWithTheRequestsTimeline()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hello ", "EN", "D"));

        var deltas = new List<ChatDelta>();
        await foreach (var delta in Client.StreamAsync(Request(model) with { StopTexts = ["END"] }))
            deltas.Add(delta);

        Assert.Equal("Hello ", string.Concat(deltas.Select(delta => delta.Text)));
        Assert.Equal(FinishReason.Stop, deltas[^1].Finish);
        Assert.Equal(9, deltas[^1].GeneratedTokens);
        Assert.NotNull(deltas[^1].Timeline);
        Assert.Equal(9, await model.EndedByReader);
        await model.Ended;
    }

    [Fact]
    public async Task StreamAsync_StopTextInTheLastTokensOfTheAnswer_TellsTheRequestWhatTheClientIsTold()
    {
        var model = gateway.Fleet.Add(Scripts.Yields(Scripts.Bytes("Hello END!") with { Finish = FinishReason.Length, Timeline = Scripts.Timeline }));

        var deltas = new List<ChatDelta>();
        await foreach (var delta in Client.StreamAsync(Request(model) with { StopTexts = ["END"] }))
            deltas.Add(delta);

        Assert.Equal("Hello ", string.Concat(deltas.Select(delta => delta.Text)));
        Assert.Equal((FinishReason.Stop, 9), (deltas[^1].Finish, deltas[^1].GeneratedTokens));
        Assert.Equal(9, await model.EndedByReader);
    }

    [Fact]
    public async Task StreamAsync_LeftEarly_StopsTheFleet()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));

        await foreach (var delta in Client.StreamAsync(Request(model)))
            if (delta.Text == "Hel")
                break;

        await model.Ended;
    }

    [Fact]
    public async Task StreamAsync_Cancelled_StopsTheFleet()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));
        using var cancel = new CancellationTokenSource();

        var answer = Client.AskAsync(Request(model), cancel.Token);
        await model.Started;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await model.Ended;
    }

    [Fact]
    public async Task CancelAsync_ById_EndsTheAnswer()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("Hel"));
        var answer = Client.AskAsync(Request(model));
        await model.Started;

        await Client.CancelAsync(model.Request.Id);

        Assert.Equal((FinishReason.Cancelled, "Hel"), ((await answer).Finish, (await answer).Text));
        Assert.Equal(RequestPhase.Done, (await Client.GetRequestAsync(model.Request.Id))!.Phase);
    }

    [Fact]
    public async Task StreamAsync_ManyAtOnce_EachGetsItsOwn()
    {
        const int Count = 100;
        var model = gateway.Fleet.Add(Scripts.Echo);

        var answers = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => Client.AskAsync($"question {i}", model.Id)));

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"<user>question {i}<assistant>"), answers.Select(answer => answer.Text));
    }

    [Fact]
    public async Task AskAsync_FailureMidStream_HasWhatCame()
    {
        var failure = new RequestFailure { Party = FailedParty.Link, Phase = RequestPhase.Decode, Message = "cut off", MayRetry = true };
        var model = gateway.Fleet.Add(Scripts.Fails(failure, "Hel"));

        var error = await Assert.ThrowsAsync<AnswerFailedException>(() => Client.AskAsync(Request(model)));

        Assert.Equal(("Hel", "cut off", true), (error.Partial.Text, error.Message, error.MayRetry));
        Assert.Equal(failure, error.Failure);
    }

    [Fact]
    public async Task AskAsync_FleetFull_SaysSo()
    {
        var model = gateway.Fleet.Add(Scripts.Throws(new OverloadedException("full")));

        var error = await Assert.ThrowsAsync<OverloadedException>(() => Client.AskAsync(Request(model)));

        Assert.True(error.MayRetry);
    }

    [Fact]
    public async Task AskAsync_NotReady_SaysHowFarThePlanIs()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        model.Status = new PlanStatus { Phase = PlanPhase.Loading };

        var error = await Assert.ThrowsAsync<ModelNotReadyException>(() => Client.AskAsync(Request(model)));

        Assert.Contains("Loading", error.Message);
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task AskAsync_BadRequest_NamesThePartThatIsWrong(ChatRequest request, string parameter)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        var error = await Assert.ThrowsAsync<RequestRejectedException>(
            () => Client.AskAsync(request with { ModelId = model.Id }));

        Assert.Equal((RejectionCodes.InvalidValue, parameter), (error.Code, error.Parameter));
        Assert.Empty(model.Requests);
    }

    public static TheoryData<ChatRequest, string> BadRequests()
    {
        var good = new ChatRequest { Id = "id", ModelId = "", Turns = [new ChatTurn("user", "Hi")] };
        return new()
        {
            { good with { Id = "" }, "Id" },
            { good with { Id = "a/b" }, "Id" },
            { good with { Id = new string('a', 129) }, "Id" },
            { good with { Turns = [] }, "Turns" },
            { good with { Turns = default }, "Turns" },
            { good with { Prompt = "both" }, "Turns" },
            { good with { Turns = [new ChatTurn("tool", "Hi")] }, "messages[0].role" },
            { good with { Turns = [null!] }, "messages[0].role" },
            { good with { MaxTokens = 0 }, "MaxTokens" },
            { good with { Sampling = new() { Temperature = float.NaN } }, "Sampling.Temperature" },
            { good with { Sampling = new() { TopP = float.PositiveInfinity } }, "Sampling.TopP" },
            { good with { Sampling = null! }, "Sampling" },
            { good with { StopTexts = [""] }, "StopTexts" },
        };
    }

    [Fact]
    public async Task AskAsync_UnknownModel_IsRejected()
    {
        var error = await Assert.ThrowsAsync<RequestRejectedException>(() => Client.AskAsync("Hi", "no-such"));

        Assert.Equal(RejectionCodes.ModelNotFound, error.Code);
    }

    [Fact]
    public async Task GetStatusAsync_ServedModel_GivesThePlan()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        var status = await Client.GetStatusAsync(model.Id);

        Assert.Equal((PlanPhase.Ready, "d1"), (status.Phase, status.Plan!.Replicas[0].Stages[0].DeviceId));
    }

    [Fact]
    public async Task GetStatisticsAsync_ServedModel_GivesItsCounts()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        model.Statistics = new() { Whole = new() { Requests = 7 } };

        Assert.Equal(7, (await Client.GetStatisticsAsync(model.Id)).Whole.Requests);
    }

    [Fact]
    public async Task AddE2LlmClient_InASilo_UsesItsConnection()
    {
        var model = gateway.Fleet.Add(Scripts.Says("Hello"));
        await using var services = new ServiceCollection()
            .AddSingleton(gateway.Host.Services.GetRequiredService<IGrainFactory>())
            .AddE2LlmClient()
            .BuildServiceProvider();

        Assert.Equal("Hello", (await services.GetRequiredService<E2LlmClient>().AskAsync("Hi", model.Id)).Text);
    }

    [Fact]
    public async Task ConnectAsync_NoSilo_SaysWhereItLooked()
    {
        var port = GatewayHost.FreePort();
        var options = new E2LlmClientOptions { Gateways = [new IPEndPoint(IPAddress.Loopback, port)], ConnectTimeoutSeconds = 0.1 };

        var error = await Assert.ThrowsAsync<E2LlmException>(() => E2LlmClient.ConnectAsync(options));

        Assert.Contains($"127.0.0.1:{port}", error.Message);
    }

    [Fact]
    public async Task ConnectAsync_BadOptions_NamesAllOfThem()
    {
        var options = new E2LlmClientOptions { Gateways = [], ClusterId = "", ConnectTimeoutSeconds = double.NaN, CallerId = "a\nb" };

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => E2LlmClient.ConnectAsync(options));

        Assert.All(["Gateways", "ClusterId", "ConnectTimeoutSeconds", "CallerId"], name => Assert.Contains(name, error.Message));
    }

    private static ChatRequest Request(FakeModel model) =>
        new() { Id = E2LlmClient.NewRequestId(), ModelId = model.Id, Turns = [new ChatTurn("user", "Hi")] };
}
