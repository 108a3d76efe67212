namespace E2LLM.Cli.Bench.Arrivals;

/// <summary>One request of a trace.</summary>
/// <param name="AtSeconds">After the first request of the trace.</param>
internal readonly record struct TraceRequest(double AtSeconds, int PromptTokens, int AnswerTokens);
