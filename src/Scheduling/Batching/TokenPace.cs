namespace E2LLM.Scheduling.Batching;

/// <summary>Seconds between two tokens of an answer, and how many requests ran meanwhile: means over windows of so many tokens.</summary>
/// <remarks>
/// A window has <see cref="TokensEach"/> tokens of every running request, and lasts <see cref="MinSeconds"/> at least: one long prompt that
/// is read beside the answers, or one step that a busy machine holds up, says little of their pace. A machine that stood still says
/// nothing of it, so no token counts for more than <see cref="MaxSlowdown"/> times those of the window before.
/// </remarks>
internal sealed class TokenPace
{
    private const int TokensEach = 8;
    private const double MinSeconds = 2;
    private const double MaxSlowdown = 10;

    private double _seconds;
    private long _running;
    private int _tokens;
    private double _begunSeconds;

    /// <summary>Of the latest window; 0 before the first.</summary>
    public double Seconds { get; private set; }

    /// <summary>Requests that ran, of the latest window; 0 before the first.</summary>
    public double Running { get; private set; }

    /// <summary>A request has got its next token.</summary>
    /// <param name="running">Requests that run, this one included.</param>
    /// <param name="seconds">Since its token before.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    /// <returns>Whether a window has closed.</returns>
    public bool OnToken(int running, double seconds, double nowSeconds)
    {
        if (_tokens == 0)
            _begunSeconds = nowSeconds;
        _seconds += Seconds > 0 ? Math.Min(seconds, MaxSlowdown * Seconds) : seconds;
        _running += running;
        _tokens++;
        if ((long)_tokens * _tokens < TokensEach * _running || nowSeconds - _begunSeconds < MinSeconds)
            return false;
        (Seconds, Running) = (_seconds / _tokens, (double)_running / _tokens);
        Restart();
        return true;
    }

    /// <summary>Forgets the window that is open.</summary>
    public void Restart() => (_seconds, _running, _tokens) = (0, 0, 0);
}
