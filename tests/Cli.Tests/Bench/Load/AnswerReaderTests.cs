using E2LLM.Cli.Bench.Load;

namespace E2LLM.Cli.Tests.Bench.Load;

public sealed class AnswerReaderTests
{
    private readonly AnswerReader _answer = new();

    [Fact]
    public void Read_WholeStream_KeepsTimesOfTextAndCounts()
    {
        Read(
            """{"id":"c1","choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}""",
            """{"id":"c1","choices":[{"delta":{"content":"Hel"},"finish_reason":null}]}""",
            """{"id":"c1","choices":[{"delta":{"content":"lo"}}]}""",
            """{"id":"c1","choices":[{"delta":{},"finish_reason":"stop"}]}""",
            """{"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}""",
            "[DONE]");

        Assert.Equal([1, 2], _answer.ContentSeconds);
        Assert.Equal((7, 3, "c1"), (_answer.PromptTokens, _answer.AnswerTokens, _answer.RequestId));
        Assert.True(_answer.IsDone);
        Assert.Null(_answer.Fault);
    }

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public void Read_ThoughtsOfAModel_AreText(string member)
    {
        Read($$$"""{"choices":[{"delta":{"content":null,"{{{member}}}":"Hm."}}]}""", "[DONE]");

        Assert.Single(_answer.ContentSeconds);
    }

    [Fact]
    public void Read_FinishWithoutDone_IsAWholeAnswer()
    {
        Read("""{"choices":[{"delta":{"content":"Hi"},"finish_reason":"length"}]}""");

        Assert.Null(_answer.Fault);
    }

    [Theory]
    [InlineData("""{"error":{"message":"The device is gone.","type":"server_error"}}""", "error in stream", "The device is gone.")]
    [InlineData("""{"choices":[{"delta":{"content":"Hi"}}]}""", "broken stream", "finish")]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"stop"}]}""", "no text", "no text")]
    [InlineData("<html>", "error in stream", "no chunk")]
    [InlineData("[1]", "error in stream", "no chunk")]
    public void Read_NoWholeAnswer_IsAFault(string data, string kind, string message)
    {
        Read(data);

        Assert.Equal(kind, _answer.Fault?.Kind);
        Assert.Contains(message, _answer.Fault?.Message);
    }

    private void Read(params string[] events)
    {
        for (var index = 0; index < events.Length; index++)
            _answer.Read(events[index], index);
    }
}
