namespace E2LLM.Cli.Bench.Load;

/// <summary>A request that will be sent.</summary>
/// <param name="AtSeconds">When it is due, after the start of the load; null in a closed loop.</param>
/// <param name="AnswerTokens">Longest answer.</param>
internal sealed record BenchRequest(int Index, double? AtSeconds, string Prompt, int AnswerTokens);
