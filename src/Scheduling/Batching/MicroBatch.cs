namespace E2LLM.Scheduling.Batching;

/// <summary>How many decode rows go into the next step.</summary>
internal static class MicroBatch
{
    /// <remarks>
    /// A pipeline is full when as many micro-batches are on their way as it has stages, and its period is that of the largest one.
    /// So the ready rows are spread over the steps that may still be issued, and none takes more than an even share of all decoding
    /// sequences: batches that finished together and merged fall apart again, and a lone sequence never waits for company.
    /// </remarks>
    /// <param name="ready">Sequences whose latest token is known and not yet fed.</param>
    /// <param name="decoding">Those and the ones whose next token is on its way.</param>
    /// <param name="freeSteps">Steps that may be issued before one completes; at least 1.</param>
    /// <param name="maxSteps">Steps with decode rows that may be in flight: the micro-batches.</param>
    /// <param name="maxRows">Rows of one step.</param>
    public static int Rows(int ready, int decoding, int freeSteps, int maxSteps, int maxRows) =>
        Math.Min(maxRows, Math.Min(CeilingDivide(ready, freeSteps), CeilingDivide(decoding, maxSteps)));

    private static int CeilingDivide(int value, int by) => (value + by - 1) / by;
}
