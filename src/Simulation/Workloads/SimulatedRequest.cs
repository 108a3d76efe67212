namespace E2LLM.Simulation.Workloads;

/// <summary>One request of a workload.</summary>
/// <param name="ArrivalSeconds">Since the start.</param>
/// <param name="PromptTokens">At least 1.</param>
/// <param name="AnswerTokens">Tokens that it writes; at least 1.</param>
public readonly record struct SimulatedRequest(double ArrivalSeconds, int PromptTokens, int AnswerTokens);
