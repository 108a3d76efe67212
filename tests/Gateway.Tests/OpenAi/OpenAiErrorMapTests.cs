using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.Tests.OpenAi;

public sealed class OpenAiErrorMapTests
{
    [Theory]
    [InlineData("/srv/my models/m.gguf: at byte 24: 'a/b' is missing", "m.gguf: at byte 24: 'a/b' is missing")]
    [InlineData("C:\\Users\\me\\m.gguf: at byte 24", "m.gguf: at byte 24")]
    [InlineData("llama.cpp could not load '/home/john doe/slices/ab.gguf': no such file", "llama.cpp could not load 'ab.gguf': no such file")]
    [InlineData("could not load 'D:\\my slices\\ab.gguf'", "could not load 'ab.gguf'")]
    [InlineData("The slice store /var/e2llm/slices failed (/dev/sda1): 12 tokens/s", "The slice store slices failed (sda1): 12 tokens/s")]
    [InlineData("Ask http://127.0.0.1:8080/v1/models and/or wait 1 / 2 s", "Ask http://127.0.0.1:8080/v1/models and/or wait 1 / 2 s")]
    [InlineData("", "")]
    public void From_AServersFault_SaysWhatTheFileIsCalledAndNotWhereItLies(string message, string expected)
    {
        Assert.Equal(expected, OpenAiErrorMap.From(new EngineException(message)).Message);
        Assert.Equal(expected, OpenAiErrorMap.From(new ModelNotReadyException(message)).Message);
        Assert.Equal(expected, OpenAiErrorMap.From(Failure(message, mayRetry: true)).Message);
        Assert.Equal(expected, OpenAiErrorMap.From(Failure(message, mayRetry: false)).Message);
    }

    [Fact]
    public void From_AModelThatCannotBeUsed_AsksNobodyToTryAgain()
    {
        var error = OpenAiErrorMap.From(new ModelFileException("/srv/m.gguf: the vocabulary of 'm' cannot be used: unknown pre-tokenizer"));

        Assert.Equal((500, "model_unusable", false), (error.Status, error.Code, error.MayRetry));
        Assert.Equal("m.gguf: the vocabulary of 'm' cannot be used: unknown pre-tokenizer", error.Message);
    }

    [Fact]
    public void From_ARequestThatTheModelFailed_IsTheSame()
    {
        var error = OpenAiErrorMap.From(Failure("/srv/m.gguf: the file was changed", mayRetry: false) with { Party = FailedParty.Model });

        Assert.Equal((500, "model_unusable", false, "m.gguf: the file was changed"), (error.Status, error.Code, error.MayRetry, error.Message));
    }

    [Fact]
    public void From_AServerThatStops_IsOneCodeForNewRequestsAndForAnswersThatAreCutShort()
    {
        var refused = OpenAiErrorMap.From(new ServerStoppingException("The server is stopping."));
        var cut = OpenAiErrorMap.Interrupted(RequestFailure.ServerStopping(RequestPhase.Decode));

        Assert.All([refused, cut], error => Assert.Equal((503, "server_stopping", true), (error.Status, error.Code, error.MayRetry)));
    }

    [Fact]
    public void MethodNotAllowed_OfTheServerAsAWhole_IsAStar()
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "OPTIONS";

        Assert.Equal("There is no OPTIONS *; this path takes GET.", OpenAiErrorMap.MethodNotAllowed(http.Request, "GET").Message);
    }

    [Fact]
    public void From_AFailureOfTheClient_IsToldAsItIs() =>
        Assert.Equal("stop is '/a/b'", OpenAiErrorMap.From(new RequestRejectedException("stop is '/a/b'")).Message);

    private static RequestFailure Failure(string message, bool mayRetry) =>
        new() { Party = FailedParty.Engine, Phase = RequestPhase.Decode, Message = message, MayRetry = mayRetry };
}
