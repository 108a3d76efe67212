using System.Net;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>Messages speak of what the client knows: its own fields, and nothing of the server's disk.</summary>
[Collection(GatewayCollection.Name)]
public sealed class MessageTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("\"temperature\":3", "temperature", "temperature must be from 0 to 2, but is 3.")]
    [InlineData("\"top_k\":-1", "top_k", "top_k must be 0 (keep all) or more, but is -1.")]
    [InlineData("\"top_p\":1.5", "top_p", "top_p must be above 0, and at most 1, but is 1.5.")]
    [InlineData("\"min_p\":2", "min_p", "min_p must be from 0 to 1, but is 2.")]
    [InlineData("\"repeat_penalty\":11", "repeat_penalty", "repeat_penalty must be from 0.01 to 10, but is 11.")]
    [InlineData("\"repetition_penalty\":11", "repetition_penalty", "repetition_penalty must be from 0.01 to 10, but is 11.")]
    [InlineData("\"frequency_penalty\":3", "frequency_penalty", "frequency_penalty must be from -2 to 2, but is 3.")]
    [InlineData("\"presence_penalty\":3", "presence_penalty", "presence_penalty must be from -2 to 2, but is 3.")]
    [InlineData("\"repeat_last_n\":-1", "repeat_last_n", "repeat_last_n must be from 0 to 4096, but is -1.")]
    [InlineData("\"max_tokens\":0", "max_tokens", "max_tokens must be at least 1, but is 0.")]
    [InlineData("\"max_completion_tokens\":0", "max_completion_tokens", "max_completion_tokens must be at least 1, but is 0.")]
    public async Task Chat_ValueOutOfRange_IsNamedAsTheClientNamesIt(string field, string parameter, string message)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, "," + field));

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, parameter, message), (error.Status, error.Parameter, error.Message));
    }

    [Fact]
    public async Task Chat_PlanThatFailedOnAFile_TellsItsNameAndNotItsPlace()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        model.Status = model.Status with
        {
            Phase = PlanPhase.Failed, Replicas = [], Error = "The file '/home/ada/my models/m.gguf' cannot be read",
        };

        using var chat = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        using var plan = await gateway.Http.GetAsync("/v1/plan");

        var error = await chat.ErrorAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.Status);
        Assert.Contains("The file 'm.gguf' cannot be read", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ada", await plan.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max_tokens")]
    [InlineData("max_completion_tokens")]
    public async Task Chat_LimitBeyondTheContext_IsNamedAsTheClientNamesIt(string field)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"), contextTokens: 100);

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, $",\"{field}\":82"));

        Assert.Equal(field, (await response.ErrorAsync()).Parameter);
    }

    [Theory]
    [InlineData("3 wait; the limit is 3 (MaxQueuedRequests).", "3 wait; the limit is 3 (E2LLM:Serving:MaxQueuedRequests).")]
    [InlineData("no path", "no path")]
    [InlineData("/srv/models/a.gguf is damaged.", "a.gguf is damaged.")]
    [InlineData("open(/srv/models/a.gguf): no such file", "open(a.gguf): no such file")]
    [InlineData("'/srv/my models/a.gguf' and \"/tmp/x/y\"", "'a.gguf' and \"y\"")]
    [InlineData(@"C:\Users\ada\a.gguf is damaged", "a.gguf is damaged")]
    [InlineData("model 'org/name', 8 tokens/s, http://host/a/b, 1/r0", "model 'org/name', 8 tokens/s, http://host/a/b, 1/r0")]
    public void Of_Message_HasTheLastNameOfEachPathAndTheWholeKeyOfEachOption(string message, string expected) => Assert.Equal(expected, PublicText.Of(message));

    [Fact]
    public void From_Failure_TellsNoPath() => Assert.Equal(
        "Layer 2 of m.gguf is damaged.",
        OpenAiErrorMap.From(new RequestFailure
        {
            Party = FailedParty.Stage, Phase = RequestPhase.Decode, Message = "Layer 2 of /srv/m/m.gguf is damaged.", MayRetry = true,
        }).Message);

    [Fact]
    public void From_ErrorOfTheFleet_TellsNoPath() => Assert.Equal(
        "m.gguf is damaged.", OpenAiErrorMap.From(new ModelFileException("/srv/m/m.gguf is damaged.")).Message);

    [Theory]
    [InlineData(0, "0 tokens")]
    [InlineData(1, "1 token")]
    [InlineData(2, "2 tokens")]
    public void Count_Number_AgreesWithItsNoun(int count, string expected) => Assert.Equal(expected, Words.Count(count, "token"));
}
