namespace E2LLM.Cli.Bench.Measures;

/// <summary>What an answer must keep to count into the goodput.</summary>
internal sealed record ServiceObjective(double TtftSeconds, double TpotSeconds)
{
    /// <summary>All objectives are met by this one request. An answer of one token has no TPOT to miss.</summary>
    public bool IsMetBy(RequestOutcome outcome) =>
        outcome.Fault is null
        && outcome.TtftSeconds <= TtftSeconds
        && (outcome.TpotSeconds is not { } tpot || tpot <= TpotSeconds);
}
