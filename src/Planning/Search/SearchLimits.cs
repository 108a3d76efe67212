namespace E2LLM.Planning.Search;

/// <summary>When a search stops. Counts alone, so that the same seed gives the same plan on any machine.</summary>
/// <param name="MaxRounds">Rounds at most.</param>
/// <param name="MaxStalledRounds">Rounds without improvement at most.</param>
public sealed record SearchLimits(int MaxRounds, int MaxStalledRounds)
{
    public bool Stops(int round, int stalledRounds) => round >= MaxRounds || stalledRounds >= MaxStalledRounds;
}
