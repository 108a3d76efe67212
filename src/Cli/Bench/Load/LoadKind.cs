namespace E2LLM.Cli.Bench.Load;

/// <summary>What decides when the next request is sent.</summary>
internal enum LoadKind
{
    /// <summary>Closed loop: an answer. So many requests are always under way; a slow server slows the load down.</summary>
    Concurrency,

    /// <summary>Open loop: the clock. So many requests a second, whether answers come or not.</summary>
    Rate,

    /// <summary>Open loop: the times of a trace, this many times as fast.</summary>
    Trace,
}
