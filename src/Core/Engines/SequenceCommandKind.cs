namespace E2LLM.Core.Engines;

/// <summary>What to do with a sequence before the rows of a step run.</summary>
public enum SequenceCommandKind
{
    /// <summary>Take the slot for a new request, drop what it held, set the sampler.</summary>
    Open,

    /// <summary>Forget everything from a position on (roll-back after a failed step).</summary>
    Truncate,

    /// <summary>Free the slot's KV cells and sampler. A free slot stays free: after a failed step, some stages have closed it already.</summary>
    Close,

    /// <summary>
    /// Fill an open, empty slot with the first positions of another open slot; the KV cells are shared, not copied. What is read
    /// after them gives the bits of a request whose own prefill had a chunk boundary there: other chunks may select other kernels.
    /// </summary>
    Copy,
}
