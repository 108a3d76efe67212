using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;

namespace E2LLM.Gateway.Tests.Tokens;

[Collection(GatewayCollection.Name)]
public sealed class TokenizeEndpointTests(GatewayFixture gateway)
{
    [Fact]
    public async Task Tokenize_ThereAndBack_GivesTheText()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var tokenized = await gateway.Http.PostAsync(
            "/tokenize", $$"""{"model":"{{model.Id}}","content":"aü","add_special":true}""");
        var tokens = (await tokenized.JsonAsync()).GetProperty("tokens");
        using var text = await gateway.Http.PostAsync("/detokenize", $$"""{"model":"{{model.Id}}","tokens":[97,195,188]}""");

        Assert.Equal([ByteTokenizer.BeginOfText, 97, 195, 188], tokens.EnumerateArray().Select(token => token.GetInt32()));
        Assert.Equal("aü", (await text.JsonAsync()).GetProperty("content").GetString());
    }

    [Fact]
    public async Task Detokenize_MoreTokensThanTheContext_IsRefused()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 3);

        using var response = await gateway.Http.PostAsync("/detokenize", $$"""{"model":"{{model.Id}}","tokens":[97,97,97,97]}""");

        var error = await response.ErrorAsync();
        Assert.Equal(("tokens", "tokens may have 3 tokens, but has 4."), (error.Parameter, error.Message));
    }
}
