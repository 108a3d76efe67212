namespace E2LLM.Cli.Simulating;

/// <summary>How the gaps between arrivals are drawn.</summary>
internal enum GapPattern
{
    /// <summary>All gaps alike.</summary>
    Fixed,

    /// <summary>Exponential gaps: many users who know nothing of each other.</summary>
    Poisson,

    /// <summary>Gamma gaps, as variable as those of the workload or trace, or as it was asked for.</summary>
    Gamma,
}
