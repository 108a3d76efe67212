namespace E2LLM.Planning.Workloads;

/// <summary>One request of a trace.</summary>
/// <param name="AtSeconds">After the first request of the trace.</param>
public readonly record struct TraceRequest(double AtSeconds, int PromptTokens, int AnswerTokens);
