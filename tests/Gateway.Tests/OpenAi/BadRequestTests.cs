using System.Net;
using System.Text;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>Whatever a client sends, it is told what is wrong with it; it is never the server's fault.</summary>
[Collection(GatewayCollection.Name)]
public sealed class BadRequestTests(GatewayFixture gateway)
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("{\"messages\":")]
    [InlineData("{\"temperature\":NaN,\"messages\":[]}")]
    [InlineData("{\"temperature\":Infinity}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{} {}")]
    [InlineData("{\"m\\ud800l\":1," + Messages + "}")]
    [InlineData("{\"tool_choice\":\"\\ud800\"," + Messages + "}")]
    public async Task Chat_NotJson_Is400(string body) => await AssertAsync(body, null, "invalid_json");

    [Theory]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    [InlineData("\"text\"", "")]
    [InlineData("7", "")]
    [InlineData("{}", "messages")]
    [InlineData("{\"messages\":null}", "messages")]
    [InlineData("{\"messages\":[]}", "messages")]
    [InlineData("{\"messages\":{}}", "messages")]
    [InlineData("{\"messages\":\"Hi\"}", "messages")]
    [InlineData("{\"messages\":[null]}", "messages[0]")]
    [InlineData("{\"messages\":[\"Hi\"]}", "messages[0]")]
    [InlineData("{\"messages\":[[]]}", "messages[0]")]
    [InlineData("{\"messages\":[{}]}", "messages[0].role")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":null}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":{}}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[\"Hi\"]}]}", "messages[0].content[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}", "messages[0].content[0].text")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":7}]}]}", "messages[0].content[0].type")]
    [InlineData("{\"messages\":[{\"role\":\"king\",\"content\":\"Hi\"}]}", "messages[0].role")]
    [InlineData("{\"messages\":[{\"role\":7,\"content\":\"Hi\"}]}", "messages[0].role")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "messages[0].content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"ok\"},{\"role\":\"\",\"content\":\"Hi\"}]}", "messages[1].role")]
    [InlineData("{\"model\":7," + Messages + "}", "model")]
    [InlineData("{\"model\":[]," + Messages + "}", "model")]
    [InlineData("{\"stream\":\"yes\"," + Messages + "}", "stream")]
    [InlineData("{\"stream\":1," + Messages + "}", "stream")]
    [InlineData("{\"stream_options\":{}," + Messages + "}", "stream_options")]
    [InlineData("{\"stream\":true,\"stream_options\":7," + Messages + "}", "stream_options")]
    [InlineData("{\"stream\":true,\"stream_options\":{\"include_usage\":7}," + Messages + "}", "stream_options.include_usage")]
    [InlineData("{\"max_tokens\":0," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_tokens\":-1," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_tokens\":1.5," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_tokens\":\"8\"," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_tokens\":1e99," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_tokens\":99999999999999999999," + Messages + "}", "max_tokens")]
    [InlineData("{\"max_completion_tokens\":true," + Messages + "}", "max_completion_tokens")]
    [InlineData("{\"max_tokens\":1,\"max_completion_tokens\":2," + Messages + "}", "max_tokens")]
    [InlineData("{\"temperature\":-0.1," + Messages + "}", "temperature")]
    [InlineData("{\"temperature\":2.1," + Messages + "}", "temperature")]
    [InlineData("{\"temperature\":1e999," + Messages + "}", "temperature")]
    [InlineData("{\"temperature\":\"hot\"," + Messages + "}", "temperature")]
    [InlineData("{\"top_p\":0," + Messages + "}", "top_p")]
    [InlineData("{\"top_p\":1.01," + Messages + "}", "top_p")]
    [InlineData("{\"top_k\":-1," + Messages + "}", "top_k")]
    [InlineData("{\"top_k\":2147483648," + Messages + "}", "top_k")]
    [InlineData("{\"min_p\":-1e-9," + Messages + "}", "min_p")]
    [InlineData("{\"repeat_penalty\":0," + Messages + "}", "repeat_penalty")]
    [InlineData("{\"repeat_last_n\":4097," + Messages + "}", "repeat_last_n")]
    [InlineData("{\"frequency_penalty\":2.5," + Messages + "}", "frequency_penalty")]
    [InlineData("{\"presence_penalty\":-1e300," + Messages + "}", "presence_penalty")]
    [InlineData("{\"seed\":1e40," + Messages + "}", "seed")]
    [InlineData("{\"seed\":0.5," + Messages + "}", "seed")]
    [InlineData("{\"service_tier\":\"first-class\"," + Messages + "}", "service_tier")]
    [InlineData("{\"ignore_eos\":1," + Messages + "}", "ignore_eos")]
    [InlineData("{\"user\":1," + Messages + "}", "user")]
    [InlineData("{\"user\":\"two\\nlines\"," + Messages + "}", "user")]
    [InlineData("{\"safety_identifier\":\"two\\nlines\"," + Messages + "}", "safety_identifier")]
    [InlineData("{\"service_tier\":1," + Messages + "}", "service_tier")]
    [InlineData("{\"max_wait_seconds\":-1," + Messages + "}", "max_wait_seconds")]
    [InlineData("{\"max_wait_seconds\":1e999," + Messages + "}", "max_wait_seconds")]
    [InlineData("{\"max_wait_seconds\":\"soon\"," + Messages + "}", "max_wait_seconds")]
    [InlineData("{\"stop\":7," + Messages + "}", "stop")]
    [InlineData("{\"stop\":\"\"," + Messages + "}", "stop")]
    [InlineData("{\"stop\":[\"\"]," + Messages + "}", "stop")]
    [InlineData("{\"stop\":[7]," + Messages + "}", "stop")]
    [InlineData("{\"stop\":[\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"]," + Messages + "}", "stop")]
    public async Task Chat_WrongTypeOrRange_NamesTheField(string body, string parameter) =>
        await AssertAsync(WithModel(body), parameter.Length == 0 ? null : parameter);

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"functions\":[{}]", "functions")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"top_logprobs\":3", "top_logprobs")]
    [InlineData("\"logit_bias\":{\"50256\":-100}", "logit_bias")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"response_format\":\"text\"", "response_format")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"grammar\":\"root ::= x\"", "grammar")]
    public async Task Chat_MeaningfulButUnsupported_IsRefused(string field, string parameter) =>
        await AssertAsync(WithModel("{" + field + "," + Messages + "}"), parameter, "unsupported_parameter");

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}]}", "messages[0].content[0].type")]
    [InlineData("{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "messages[0].role")]
    [InlineData("{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{}]}]}", "messages[0].tool_calls")]
    public async Task Chat_UnsupportedMessage_IsRefused(string body, string parameter) =>
        await AssertAsync(WithModel(body), parameter, "unsupported_parameter");

    [Fact]
    public async Task Chat_UnsupportedFieldsThatAskForNothing_AreAccepted()
    {
        var model = gateway.Fleet.Add(Scripts.Says("ok"));
        const string Harmless = """
            ,"n":1,"tools":[],"tool_choice":"none","logprobs":false,"top_logprobs":null,"logit_bias":{},"response_format":{"type":"text"},
            "modalities":["text"],"user":"me","metadata":{"a":"b"},"brand_new_field":null,"stop":null,"temperature":null,"seed":-1
            """;

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, Harmless));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Chat_ContentAsParts_IsJoined()
    {
        var model = gateway.Fleet.Add(Scripts.Says("ok"));

        using var response = await gateway.Http.PostAsync(
            ChatHttp.ChatPath,
            $$"""{"model":"{{model.Id}}","messages":[{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal<int>(Scripts.Tokens("<system>ab<assistant>"), model.Request.PromptTokens);
    }

    [Fact]
    public async Task Chat_DeepNesting_Is400() =>
        await AssertAsync("{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}", null, "invalid_json");

    [Fact]
    public async Task Chat_InvalidUtf8_Is400()
    {
        var model = gateway.Fleet.Add(Scripts.Says("ok"));
        var bytes = Encoding.UTF8.GetBytes(ChatHttp.Body(model.Id));
        bytes[Array.LastIndexOf(bytes, (byte)'H')] = 0xFF;

        using var response = await gateway.Http.PostBytesAsync(ChatHttp.ChatPath, bytes);

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "messages[0].content"), (error.Status, error.Parameter));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_BodyTooLarge_Is413(bool lengthKnown)
    {
        using var content = new StreamContent(new MemoryStream(new byte[5 << 20]));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, ChatHttp.ChatPath) { Content = content };
        request.Headers.TransferEncodingChunked = !lengthKnown;

        using var response = await gateway.Http.SendAsync(request);

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "request_too_large"), (error.Status, error.Code));
    }

    [Fact]
    public async Task Chat_TooManyMessages_Is400() => await AssertAsync(
        WithModel("{\"messages\":[" + string.Join(",", Enumerable.Repeat("{\"role\":\"user\",\"content\":\"\"}", 1025)) + "]}"),
        "messages");

    [Fact]
    public async Task Chat_TextTooLong_Is400() => await AssertAsync(
        WithModel("{\"messages\":[{\"role\":\"user\",\"content\":\"" + new string('x', (2 << 20) + 1) + "\"}]}"), "messages");

    [Fact]
    public async Task Chat_PromptAndLimitLongerThanContext_Is400()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 100);

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, ""","max_tokens":82"""));

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded", "max_tokens"), (error.Status, error.Code, error.Parameter));
        Assert.Equal("The prompt has 19 tokens and 82 more are asked for, but prompt and answer of model " +
            $"'{model.Id}' may have 100 together.", error.Message);
    }

    [Fact]
    public async Task Chat_PlainTextBody_Is415()
    {
        using var content = new StringContent(ChatHttp.Body("m"), Encoding.UTF8, "text/plain");

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await response.ErrorAsync()).Status);
    }

    [Theory]
    [InlineData("{}", "prompt")]
    [InlineData("{\"prompt\":[\"a\",\"b\"]}", "prompt")]
    [InlineData("{\"prompt\":[1,2]}", "prompt")]
    [InlineData("{\"prompt\":[1]}", "prompt")]
    [InlineData("{\"prompt\":{}}", "prompt")]
    [InlineData("{\"prompt\":\"a\",\"echo\":true}", "echo")]
    [InlineData("{\"prompt\":\"a\",\"best_of\":2}", "best_of")]
    [InlineData("{\"prompt\":\"a\",\"suffix\":\"z\"}", "suffix")]
    public async Task Completions_WrongBody_NamesTheField(string body, string parameter) =>
        await AssertAsync(WithModel(body), parameter, path: "/v1/completions");

    [Theory]
    [InlineData("/tokenize", "{}", "content")]
    [InlineData("/tokenize", "{\"content\":7}", "content")]
    [InlineData("/detokenize", "{}", "tokens")]
    [InlineData("/detokenize", "{\"tokens\":[-1]}", "tokens")]
    [InlineData("/detokenize", "{\"tokens\":[258]}", "tokens")]
    [InlineData("/detokenize", "{\"tokens\":[\"a\"]}", "tokens")]
    public async Task Tokens_WrongBody_NamesTheField(string path, string body, string parameter) =>
        await AssertAsync(WithModel(body), parameter, path: path);

    private async Task AssertAsync(string body, string? parameter, string? code = null, string path = ChatHttp.ChatPath)
    {
        using var response = await gateway.Http.PostAsync(path, body);

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request_error", parameter), (error.Status, error.Type, error.Parameter));
        Assert.True(code is null || code == error.Code, error.Code);
    }

    /// <summary>The body with a model that exists, where it is an object that names none.</summary>
    private string WithModel(string body) =>
        !body.StartsWith('{') || body.Contains("\"model\":", StringComparison.Ordinal)
            ? body
            : $"{{\"model\":\"{gateway.Fleet.Add(Scripts.Says("x")).Id}\"" + (body == "{}" ? "}" : "," + body[1..]);
}
