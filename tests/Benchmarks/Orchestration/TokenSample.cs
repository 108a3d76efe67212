namespace E2LLM.Benchmarks.Orchestration;

/// <param name="GapSeconds">Times from one token to the next.</param>
/// <param name="Tokens">Of all answers.</param>
/// <param name="JoinedTokens">Tokens that reached their reader together with the one before.</param>
internal sealed record TokenSample(double[] GapSeconds, int Tokens, int JoinedTokens);
