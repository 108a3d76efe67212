namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Measures the rate at which a replica works off pending tokens while requests wait for it. What it does with fewer requests than it
/// could take says nothing about how long a queue will last, so that is left out.
/// </summary>
/// <remarks>
/// Rows of completed steps over the seconds between completions, both halved in weight every <see cref="HalfLifeSeconds"/>: a device
/// that is throttled, or prompts that get longer, show within a minute. A machine that stood still says nothing of its rate, so no step
/// counts for more than <see cref="MaxSlowdown"/> times what it should have taken. And as nobody sends work to a replica that is thought
/// to be slow, a rate that has not been measured for some minutes is forgotten.
/// </remarks>
public sealed class RateMeter
{
    private const double HalfLifeSeconds = 20;

    /// <summary>Below this, a few steps would make a rate.</summary>
    private const double MinSeconds = 0.5;

    /// <summary>A step that takes longer than that many others like it is not slow: something stood still.</summary>
    private const double MaxSlowdown = 10;

    private double _rows;
    private double _seconds;
    private double _agedSeconds;
    private bool _wasLoaded;

    /// <summary>0 while too little has been measured, or it was too long ago.</summary>
    /// <param name="nowSeconds">On the caller's clock.</param>
    public double TokensPerSecond(double nowSeconds) => _seconds * Weight(nowSeconds) < MinSeconds ? 0 : _rows / _seconds;

    /// <summary>A step is done.</summary>
    /// <param name="rows">Tokens that it read or wrote.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    /// <param name="isLoaded">Whether requests wait while it was on its way.</param>
    public void OnStep(int rows, double nowSeconds, bool isLoaded)
    {
        var (elapsed, weight) = (nowSeconds - _agedSeconds, Weight(nowSeconds));
        (_rows, _seconds, _agedSeconds) = (_rows * weight, _seconds * weight, nowSeconds);
        if (isLoaded && _wasLoaded && elapsed > 0 && rows > 0)
        {
            _seconds += _seconds < MinSeconds ? elapsed : Math.Min(elapsed, MaxSlowdown * rows * _seconds / _rows);
            _rows += rows;
        }
        _wasLoaded = isLoaded;
    }

    private double Weight(double nowSeconds) => Math.Pow(0.5, Math.Max(0, nowSeconds - _agedSeconds) / HalfLifeSeconds);
}
