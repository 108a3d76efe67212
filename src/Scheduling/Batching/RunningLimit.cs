namespace E2LLM.Scheduling.Batching;

/// <summary>How many requests may run at once so that each gets its tokens at the minimum speed.</summary>
/// <remarks>
/// Begins with what the plan predicts and then goes by what is measured. Where tokens come too slowly, the limit falls in proportion:
/// never too little, for a step costs something that does not depend on its rows. Where they come in time with as many as the limit allows, it
/// rises by one, but for <see cref="MemorySeconds"/> not to a number that has been found too slow. Who runs is not interrupted, so a
/// limit that falls is reached as answers end. One request always runs.
/// </remarks>
/// <param name="maxSequences">Never more than that.</param>
/// <param name="minimumTokensPerSecond">0: no minimum.</param>
/// <param name="plannedTokenSeconds">Seconds between two tokens that are predicted with that many; 0: none are.</param>
internal sealed class RunningLimit(int maxSequences, double minimumTokensPerSecond, double plannedTokenSeconds)
{
    private const double MemorySeconds = 60;

    private readonly double _longestTokenSeconds = minimumTokensPerSecond > 0 ? 1 / minimumTokensPerSecond : double.PositiveInfinity;
    private int _tooSlow = int.MaxValue;
    private double _tooSlowUntilSeconds;

    public int Sequences { get; private set; } = minimumTokensPerSecond * plannedTokenSeconds > 1
        ? Math.Max(1, (int)(maxSequences / (minimumTokensPerSecond * plannedTokenSeconds)))
        : maxSequences;

    /// <summary>What is measured, also without a minimum.</summary>
    public TokenPace Pace { get; } = new();

    /// <summary>A request has got its next token.</summary>
    /// <param name="running">Requests that run, this one included.</param>
    /// <param name="seconds">Since its token before.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    public void OnToken(int running, double seconds, double nowSeconds)
    {
        if (!Pace.OnToken(running, seconds, nowSeconds) || double.IsInfinity(_longestTokenSeconds))
            return;
        if (Pace.Seconds > _longestTokenSeconds)
        {
            var slow = (int)Math.Round(Pace.Running);
            _tooSlow = nowSeconds < _tooSlowUntilSeconds ? Math.Min(_tooSlow, slow) : slow;
            _tooSlowUntilSeconds = nowSeconds + MemorySeconds;
            Set(Math.Min(Math.Min(Sequences, _tooSlow - 1), (int)(Pace.Running * _longestTokenSeconds / Pace.Seconds)));
        }
        else if (Pace.Running > Sequences - 0.5 && (Sequences + 1 < _tooSlow || nowSeconds >= _tooSlowUntilSeconds))
        {
            Set(Sequences + 1);
        }
    }

    private void Set(int sequences)
    {
        var next = Math.Clamp(sequences, 1, maxSequences);
        if (next != Sequences)
            Pace.Restart();
        Sequences = next;
    }
}
