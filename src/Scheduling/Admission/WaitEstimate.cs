namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Estimates of the time that a new request would spend in a queue. Pending answers count with their limits, so the figures are upper
/// estimates: they rank replicas and quote a wait, they promise nothing.
/// </summary>
public static class WaitEstimate
{
    /// <summary>The wait for a slot and cells.</summary>
    /// <remarks>
    /// 0 where it could start at once. Otherwise the time to work off all that is pending, times the share of the requests ahead that
    /// have to end first: with q queued and r running, equally long ones, that is (q + 1) / (q + r).
    /// </remarks>
    /// <param name="hasRoom">Whether a slot and its cells are free.</param>
    /// <param name="queuedAhead">Requests that go first.</param>
    /// <param name="running">Requests that hold slots.</param>
    /// <param name="pendingTokens">What both have still to read or may still write.</param>
    /// <param name="tokensPerSecond">Rate at which the replica works that off.</param>
    public static double ForRoomSeconds(bool hasRoom, int queuedAhead, int running, long pendingTokens, double tokensPerSecond)
    {
        if (queuedAhead == 0 && hasRoom)
            return 0;
        var share = Math.Min(1, (queuedAhead + 1.0) / Math.Max(1, queuedAhead + running));
        return InTurnSeconds(pendingTokens, tokensPerSecond) * share;
    }

    /// <summary>The wait where work is done one after the other, as prompts are read: all that is pending comes first.</summary>
    public static double InTurnSeconds(long pendingTokens, double tokensPerSecond) =>
        pendingTokens == 0 ? 0 : pendingTokens / tokensPerSecond;
}
