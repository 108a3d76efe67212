using System.ClientModel;
using System.ClientModel.Primitives;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using OpenAI;
using OpenAI.Chat;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>The official client as the judge of conformance.</summary>
[Collection(GatewayCollection.Name)]
public sealed class OpenAiClientTests(GatewayFixture gateway)
{
    private static readonly ChatMessage[] Hello = [new SystemChatMessage("Be brief."), new UserChatMessage("Hi")];

    [Theory]
    [InlineData("/v1")]
    [InlineData("")]
    public async Task CompleteChat_Plain_GivesTextUsageAndFinish(string path)
    {
        var model = gateway.Fleet.Add(Scripts.Says("Hel", "lo ", "wörld"));

        var answer = (await Chat(model, path).CompleteChatAsync(Hello)).Value;

        Assert.Equal("Hello wörld", answer.Content.Single().Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(ChatMessageRole.Assistant, answer.Role);
        Assert.Equal(model.Id, answer.Model);
        Assert.StartsWith("chatcmpl-", answer.Id);
        Assert.Equal("<system>Be brief.<user>Hi<assistant>".Length, answer.Usage.InputTokenCount);
        Assert.Equal(12, answer.Usage.OutputTokenCount);
        Assert.Equal(answer.Usage.InputTokenCount + 12, answer.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task CompleteChat_Streaming_GivesDeltasFinishAndUsage()
    {
        var model = gateway.Fleet.Add(Scripts.Says(FinishReason.Length, "Hel", "lo"));

        var updates = new List<StreamingChatCompletionUpdate>();
        await foreach (var update in Chat(model).CompleteChatStreamingAsync(Hello))
            updates.Add(update);

        Assert.Equal("Hello", string.Concat(updates.SelectMany(update => update.ContentUpdate).Select(part => part.Text)));
        Assert.Equal(ChatMessageRole.Assistant, updates[0].Role);
        Assert.Equal(ChatFinishReason.Length, Assert.Single(updates, update => update.FinishReason is not null).FinishReason);
        Assert.Equal(5, Assert.Single(updates, update => update.Usage is not null).Usage.OutputTokenCount);
        Assert.Single(updates.Select(update => (update.CompletionId, update.CreatedAt, update.Model)).Distinct());
    }

    [Theory]
    [InlineData("auto", RequestPriority.Normal)]
    [InlineData("flex", RequestPriority.Low)]
    [InlineData("priority", RequestPriority.High)]
    public async Task CompleteChat_ServiceTier_IsThePriority(string tier, RequestPriority expected)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(
            ChatHttp.ChatPath, ChatHttp.Body(model.Id, $$""","service_tier":"{{tier}}","max_wait_seconds":2.5"""));

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal((expected, 2.5), (model.Request.Priority, model.Request.DeadlineSeconds));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(",\"user\":\"alice\"", "alice")]
    [InlineData(",\"safety_identifier\":\"hash\"", "hash")]
    [InlineData(",\"user\":\"alice\",\"safety_identifier\":\"hash\"", "hash")]
    public async Task CompleteChat_UserOrSafetyIdentifier_IsTheCaller(string fields, string expected)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, fields));

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(expected, model.Request.CallerId);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task CompleteChat_IgnoreEos_LeavesNoTokenToStopAt(bool ignore, bool isEmpty)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(
            ChatHttp.ChatPath, ChatHttp.Body(model.Id, $""","ignore_eos":{(ignore ? "true" : "false")}"""));

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(isEmpty, model.Request.StopTokens.IsEmpty);
    }

    [Fact]
    public async Task CompleteChat_Options_ReachTheFleet()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        var options = new ChatCompletionOptions
        {
            MaxOutputTokenCount = 7,
            Temperature = 0.5f,
            TopP = 0.25f,
            FrequencyPenalty = 1,
            PresencePenalty = -1,
            ResponseFormat = ChatResponseFormat.CreateTextFormat(),
        };
        options.StopSequences.Add("END");
#pragma warning disable OPENAI001 // Seed is marked as experimental.
        options.Seed = 42;
#pragma warning restore OPENAI001

        await Chat(model).CompleteChatAsync(Hello, options);

        var request = model.Request;
        Assert.Equal(7, request.MaxTokens);
        Assert.Equal((0.5f, 0.25f), (request.Sampling.Temperature, request.Sampling.TopP));
        Assert.Equal((1f, -1f), (request.Sampling.FrequencyPenalty, request.Sampling.PresencePenalty));
        Assert.Equal(42u, request.Sampling.Seed);
        Assert.Equal<int>([ByteTokenizer.EndOfText], request.StopTokens);
        Assert.Equal<int>(Scripts.Tokens("<system>Be brief.<user>Hi<assistant>"), request.PromptTokens);
    }

    [Fact]
    public async Task CompleteChat_WithoutLimit_MayUseWhatTheReplicaLeaves()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 1000);
        model.Status = FakeModel.Ready(model.Id, maxSequenceTokens: 100);

        await Chat(model).CompleteChatAsync(Hello);

        Assert.Equal(100 - "<system>Be brief.<user>Hi<assistant>".Length, model.Request.MaxTokens);
    }

    [Fact]
    public async Task GetModels_SeveralModels_ListsThem()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), id: "org/model:q8_0");
        var client = new OpenAIClient(Key, Options("/v1")).GetOpenAIModelClient();

        Assert.Contains((await client.GetModelsAsync()).Value, entry => entry.Id == model.Id);
        Assert.Equal(model.Id, (await client.GetModelAsync(model.Id)).Value.Id);
        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("no-such"));
        Assert.Equal(404, error.Status);
    }

    [Fact]
    public async Task CompleteChat_UnknownModel_Is404()
    {
        var error = await FailAsync(new ChatClient("no-such", Key, Options("/v1")));

        Assert.Equal(404, error.Status);
        Assert.Contains("model_not_found", error.Message);
    }

    [Fact]
    public async Task CompleteChat_PromptLongerThanContext_SaysBothNumbers()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 20);

        var error = await FailAsync(Chat(model));

        Assert.Equal(400, error.Status);
        Assert.Contains("context_length_exceeded", error.Message);
        Assert.Contains("has 36 tokens", error.Message);
        Assert.Contains("may have 20", error.Message);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task CompleteChat_FleetFull_Is429WithRetryAfter()
    {
        var model = gateway.Fleet.Add(Scripts.Throws(new OverloadedException("The queue of r0 holds its 64 requests.")));

        var error = await FailAsync(Chat(model));

        Assert.Equal(429, error.Status);
        Assert.True(error.GetRawResponse()!.Headers.TryGetValue("Retry-After", out var seconds));
        Assert.Equal("2", seconds);
        Assert.Contains("holds its 64 requests", error.Message);
    }

    [Fact]
    public async Task CompleteChat_FleetFullAndTheWaitIsKnown_QuotesIt()
    {
        var model = gateway.Fleet.Add(Scripts.Throws(new OverloadedException("full") { QuotedWaitSeconds = 17.2 }));

        var error = await FailAsync(Chat(model));

        Assert.True(error.GetRawResponse()!.Headers.TryGetValue("Retry-After", out var seconds));
        Assert.Equal("18", seconds);
    }

    [Fact]
    public async Task CompleteChatStreaming_FailureMidStream_IsNotTakenForAnEnd()
    {
        var failure = new RequestFailure { Party = FailedParty.Stage, Phase = RequestPhase.Decode, Message = "d2 is gone" };
        var model = gateway.Fleet.Add(Scripts.Fails(failure, "Hel"));

        var finishes = new List<ChatFinishReason>();
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await foreach (var update in Chat(model).CompleteChatStreamingAsync(Hello))
                if (update.FinishReason is { } finish)
                    finishes.Add(finish);
        });

        Assert.Empty(finishes);
    }

    private static readonly ApiKeyCredential Key = new("unused");

    private static Task<ClientResultException> FailAsync(ChatClient client) =>
        Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync(Hello));

    private ChatClient Chat(FakeModel model, string path = "/v1") => new(model.Id, Key, Options(path));

    private OpenAIClientOptions Options(string path) => new()
    {
        Endpoint = new Uri(gateway.Host.BaseAddress, path),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    };
}
