namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Measures the rate at which a replica works off pending tokens while requests wait for it. What it does with fewer requests than it
/// could take says nothing about how long a queue will last, so that is left out.
/// </summary>
/// <remarks>
/// Rows of completed steps over the seconds between completions, both halved in weight every <see cref="HalfLifeSeconds"/> of such
/// work: a device that is throttled, or prompts that get longer, show within a minute.
/// </remarks>
public sealed class RateMeter
{
    private const double HalfLifeSeconds = 20;

    /// <summary>Below this, a few steps would make a rate.</summary>
    private const double MinSeconds = 0.5;

    private double _rows;
    private double _seconds;
    private double? _lastSeconds;

    /// <summary>0 while too little has been measured.</summary>
    public double TokensPerSecond => _seconds < MinSeconds ? 0 : _rows / _seconds;

    /// <summary>A step is done.</summary>
    /// <param name="rows">Tokens that it read or wrote.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    /// <param name="isLoaded">Whether requests wait while it was on its way.</param>
    public void OnStep(int rows, double nowSeconds, bool isLoaded)
    {
        if (isLoaded && _lastSeconds is { } last && nowSeconds > last)
        {
            var elapsed = nowSeconds - last;
            var weight = Math.Pow(0.5, elapsed / HalfLifeSeconds);
            _rows = _rows * weight + rows;
            _seconds = _seconds * weight + elapsed;
        }
        _lastSeconds = isLoaded ? nowSeconds : null;
    }
}
