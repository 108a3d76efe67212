namespace E2LLM.Simulation.Workloads;

/// <summary>One request of a workload.</summary>
/// <param name="ArrivalSeconds">Since the start.</param>
/// <param name="PromptTokens">At least 1.</param>
/// <param name="AnswerTokens">Tokens that it writes; at least 1.</param>
public readonly record struct SimulatedRequest(double ArrivalSeconds, int PromptTokens, int AnswerTokens)
{
    private readonly int _limitTokens;

    /// <summary>
    /// Tokens that it may write, which is all that router and admission know. Above <see cref="AnswerTokens"/> the last of those is a stop
    /// token; by default they are the limit.
    /// </summary>
    public int LimitTokens
    {
        get => Math.Max(_limitTokens, AnswerTokens);
        init => _limitTokens = value;
    }
}
