namespace E2LLM.Cli.Bench.Load;

/// <summary>The body of the requests of a run. Temperature 0, so that two runs ask for the same answers.</summary>
/// <param name="ignoresEndOfText">Asks for answers of full length, which not every server can do.</param>
internal sealed class CompletionBody(string model, bool ignoresEndOfText)
{
    public object For(BenchRequest request)
    {
        var body = new Dictionary<string, object>
        {
            ["model"] = model,
            ["messages"] = new[] { new { role = "user", content = request.Prompt } },
            ["max_tokens"] = request.AnswerTokens,
            ["temperature"] = 0,
            ["stream"] = true,
            ["stream_options"] = new { include_usage = true },
        };
        if (ignoresEndOfText)
            body["ignore_eos"] = true;
        return body;
    }
}
