using System.Net;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

[Collection(GatewayCollection.Name)]
public sealed class ServerSentEventsTests(GatewayFixture gateway)
{
    [Fact]
    public async Task ChatStream_WithUsage_HasTheDocumentedBytes()
    {
        var model = gateway.Fleet.Add(Scripts.Says("\"Füchse\"", " <b>"));

        using var response = await gateway.Http.PostAsync(
            ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true,"stream_options":{"include_usage":true}"""));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.NoCache);
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        var id = response.Headers.GetValues("x-request-id").Single();
        using var first = JsonDocument.Parse(text.Split("\n\n")[0]["data: ".Length..]);
        var created = first.RootElement.GetProperty("created").GetInt64();
        var head = $$"""data: {"id":"{{id}}","object":"chat.completion.chunk","created":{{created}},"model":"{{model.Id}}","choices":[""";
        const string Tail = ""","logprobs":null,"finish_reason":null}],"usage":null}""";
        Assert.Equal(
            head + """{"index":0,"delta":{"role":"assistant","content":""}""" + Tail + "\n\n" +
            head + """{"index":0,"delta":{"content":"\"Füchse\""}""" + Tail + "\n\n" +
            head + """{"index":0,"delta":{"content":" <b>"}""" + Tail + "\n\n" +
            head + """{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}""" + "\n\n" +
            head + """],"usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32}}""" + "\n\n" +
            "data: [DONE]\n\n",
            text);
    }

    [Fact]
    public async Task ChatStream_WithoutUsage_DoesNotSpeakOfIt()
    {
        var model = gateway.Fleet.Add(Scripts.Says("Hi"));

        Assert.DoesNotContain("usage", await StreamAsync(model));
    }

    [Fact]
    public async Task TextStream_Prompt_ContinuesBareText()
    {
        var model = gateway.Fleet.Add(Scripts.Says(FinishReason.Length, "once"));

        using var response = await gateway.Http.PostAsync(
            "/v1/completions", $$"""{"model":"{{model.Id}}","prompt":"Tell","stream":true}""");
        var chunks = Chunks(await response.Content.ReadAsStringAsync());

        Assert.Equal(["once", ""], chunks.Select(chunk => chunk.GetProperty("choices")[0].GetProperty("text").GetString()));
        Assert.Equal("length", chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(chunks, chunk => Assert.Equal("text_completion", chunk.GetProperty("object").GetString()));
        Assert.Equal<int>([ByteTokenizer.BeginOfText, .. Scripts.Tokens("Tell")], model.Request.PromptTokens);
    }

    [Fact]
    public async Task ChatStream_CharacterAcrossTokens_ArrivesWhole()
    {
        var model = gateway.Fleet.Add(Scripts.Yields(
            Scripts.Bytes(0xF0, 0x9F), Scripts.Bytes(0xA6), Scripts.Bytes(0x8A, (byte)'!'),
            new TokenChunk { FirstIndex = 0, Finish = FinishReason.Stop }));

        Assert.Equal(["", "🦊!"], Texts(await StreamAsync(model)));
    }

    [Fact]
    public async Task ChatStream_StopTextAcrossChunks_EndsBeforeItAndStopsTheFleet()
    {
        var model = gateway.Fleet.Add(Scripts.SaysAndHangs("abc E", "N", "xE", "ND, and more"));

        var text = await StreamAsync(model, ""","stop":["END","never"]""");

        Assert.Equal(["", "abc ", "ENx"], Texts(text));
        Assert.EndsWith("data: [DONE]\n\n", text);
        Assert.Equal("stop", Chunks(text)[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        await model.Ended;
    }

    [Fact]
    public async Task ChatStream_LongSilence_IsKeptAliveByComments()
    {
        var go = new TaskCompletionSource();
        var model = gateway.Fleet.Add((_, _) => WaitAsync(go.Task));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true"""));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await lines.ReadLineAsync() is { } line && line != ": keep-alive")
            Assert.True(line.Length == 0 || line.StartsWith("data: ", StringComparison.Ordinal));
        go.SetResult();

        Assert.EndsWith("data: [DONE]\n\n", await lines.ReadToEndAsync());
    }

    [Fact]
    public async Task ChatStream_FailureBeforeTheFirstToken_HasAStatusOfItsOwn()
    {
        var failure = new RequestFailure { Party = FailedParty.Plan, Phase = RequestPhase.Queued, Message = "no replica", MayRetry = true };
        var model = gateway.Fleet.Add(Scripts.Fails(failure));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true"""));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "server_error", null, "plan_failed", "no replica"), await response.ErrorAsync());
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter!.Delta);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ChatStream_FailureMidStream_EndsWithAnErrorEvent(bool thrown)
    {
        const string Message = "Device 'd2' did not answer.";
        var failure = new RequestFailure { Party = FailedParty.Stage, Phase = RequestPhase.Decode, Message = Message, MayRetry = true };
        var model = gateway.Fleet.Add(thrown ? Scripts.Throws(new EngineException(Message), "Hel") : Scripts.Fails(failure, "Hel"));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true"""));
        var text = await ReadToBreakAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = text.TrimEnd('\n').Split("\n\n");
        Assert.Contains("\"Hel\"", events[1]);
        Assert.StartsWith("event: error\ndata: ", events[^1]);
        using var error = JsonDocument.Parse(events[^1]["event: error\ndata: ".Length..]);
        Assert.Equal(Message, ChatHttp.Error(response.StatusCode, error.RootElement).Message);
        Assert.DoesNotContain("[DONE]", text);
        Assert.DoesNotContain("\"stop\"", text);
    }

    [Fact]
    public async Task ChatStream_TokensEndWithoutReason_IsAnError()
    {
        var model = gateway.Fleet.Add(Scripts.Yields(Scripts.Bytes("Hel")));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true"""));

        Assert.Contains("event: error", await ReadToBreakAsync(response));
    }

    private static async IAsyncEnumerable<TokenChunk> WaitAsync(Task go)
    {
        await go;
        yield return new TokenChunk { FirstIndex = 0, Finish = FinishReason.Stop };
    }

    private async Task<string> StreamAsync(FakeModel model, string more = "")
    {
        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","stream":true""" + more));
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<string> ReadToBreakAsync(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = "";
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync() is { } line)
                text += line + "\n";
        });
        return text;
    }

    private static JsonElement[] Chunks(string text) =>
    [
        .. text.Split("\n\n")
            .Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(line => JsonElement.Parse(line["data: ".Length..])),
    ];

    private static IEnumerable<string> Texts(string text) => Chunks(text)
        .Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
        .Where(delta => delta.TryGetProperty("content", out _))
        .Select(delta => delta.GetProperty("content").GetString()!);
}
