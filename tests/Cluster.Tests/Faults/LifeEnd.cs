namespace E2LLM.Cluster.Tests.Faults;

/// <summary>How a life ended.</summary>
internal enum LifeEnd
{
    /// <summary>With the whole answer.</summary>
    Whole,

    /// <summary>By its reader, who cancelled or left.</summary>
    GivenUp,

    /// <summary>With a failure that a retry may mend.</summary>
    Failed,

    /// <summary>A message between the reader and the request was lost, and the reader was told so.</summary>
    ReaderLost,

    /// <summary>Not at all.</summary>
    Hung,
}
