namespace E2LLM.Cli.Bench.Arrivals;

/// <summary>How the gaps between requests of an open loop are drawn.</summary>
internal enum ArrivalPattern
{
    /// <summary>All gaps alike.</summary>
    Constant,

    /// <summary>Exponential gaps: many users who know nothing of each other. CV 1.</summary>
    Poisson,

    /// <summary>Gamma gaps of shape burstiness. CV 1 / sqrt(burstiness): below 1 burstier than Poisson, above 1 smoother.</summary>
    Gamma,
}
