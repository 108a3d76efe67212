namespace E2LLM.Scheduling.Batching;

/// <summary>How many KV cells a request must get before it starts.</summary>
public enum CellReservation
{
    /// <summary>All that its longest answer can need: what runs is never interrupted.</summary>
    WholeAnswer,

    /// <summary>
    /// Those of the known text and a margin, so that more requests run where answers stay shorter than their limits. When cells run
    /// short, the request that was admitted last loses its slot, goes back to its place in the queue, and is read again with the answer
    /// so far. Text that is read in chunks goes through the model in other batch shapes than text that is written token by token, and
    /// the shape can change the last bits of a logit: an answer that was interrupted may differ from one that was not.
    /// </summary>
    Optimistic,
}
