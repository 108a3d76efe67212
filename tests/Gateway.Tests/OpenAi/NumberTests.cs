using System.Net;
using E2LLM.Core.Requests;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>Numbers mean what clients mean by them.</summary>
[Collection(GatewayCollection.Name)]
public sealed class NumberTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("8")]
    [InlineData("8.0")]
    [InlineData("8e0")]
    [InlineData("0.8e1")]
    public async Task Chat_WholeNumberHoweverWritten_IsWhole(string number)
    {
        var sampling = await SendAsync($",\"max_tokens\":{number},\"top_k\":{number},\"seed\":{number},\"n\":1.0");

        Assert.Equal((8, 8u), (sampling.TopK, sampling.Seed));
    }

    [Theory]
    [InlineData("1e-38", 0)]
    [InlineData("0.0000099", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("0.00001", 0.00001f)]
    [InlineData("0.7", 0.7f)]
    public async Task Chat_TemperatureNextToZero_IsGreedy(string temperature, float expected) =>
        Assert.Equal(expected, (await SendAsync($",\"temperature\":{temperature}")).Temperature);

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(7, 7u)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    [InlineData(-2, uint.MaxValue - 1)]
    [InlineData(1L << 32, 1u)]
    public void Read_Seed_StaysItselfIn32Bits(long seed, uint expected) => Assert.Equal(expected, RequestSeed.Read(seed, "id"));

    [Fact]
    public async Task Chat_OneNumberUnderTwoNamesThatDiffer_IsRefused()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(
            ChatHttp.ChatPath, ChatHttp.Body(model.Id, ",\"repeat_penalty\":1.5,\"repetition_penalty\":1.0"));

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "repeat_penalty"), (error.Status, error.Parameter));
        Assert.Contains("repetition_penalty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_OneNumberUnderTwoNamesThatAgree_Counts() =>
        Assert.Equal(1.5f, (await SendAsync(",\"repeat_penalty\":1.5,\"repetition_penalty\":1.50")).RepeatPenalty);

    [Fact]
    public async Task Chat_SeedMinusOne_IsAnotherOneEachTime()
    {
        var first = await SendAsync(",\"seed\":-1");
        var second = await SendAsync(",\"seed\":-1");

        Assert.NotEqual(first.Seed, second.Seed);
    }

    [Fact]
    public async Task Detokenize_WholeNumbersAsFloats_AreTokens()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync("/detokenize", $$"""{"model":"{{model.Id}}","tokens":[97.0]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public void FindErrors_RepeatPenaltyThatMakesLogitsInfinite_IsOne() =>
        Assert.Single(SamplingOptionsRules.FindErrors(new SamplingOptions { RepeatPenalty = 1e-38f }));

    private async Task<SamplingOptions> SendAsync(string fields)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, fields));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return model.Request.Sampling;
    }
}
