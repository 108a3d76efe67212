namespace E2LLM.Benchmarks.Runtimes;

/// <param name="Runtime">Name.</param>
/// <param name="Directory">Of the models.</param>
/// <param name="Shape">Of the model.</param>
/// <param name="Type">ggml type of the weights, by name.</param>
/// <param name="Threads">Of each engine.</param>
/// <param name="PromptTokens">Of a prompt, read in one chunk.</param>
/// <param name="AnswerTokens">Steps that are timed.</param>
internal sealed record RuntimeSpec(string Runtime, string Directory, string Shape, string Type, int Threads, int PromptTokens, int AnswerTokens);

/// <param name="PrefillTokensPerSecond">One sequence, one chunk.</param>
/// <param name="DecodeTokensPerSecond">One sequence.</param>
/// <param name="TwoEnginesTokensPerSecond">Two engines at once, a sequence each, both together; 0 where that was not asked for.</param>
internal sealed record RuntimeSpeeds(double PrefillTokensPerSecond, double DecodeTokensPerSecond, double TwoEnginesTokensPerSecond);
