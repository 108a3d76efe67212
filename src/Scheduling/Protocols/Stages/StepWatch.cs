using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Protocols.Stages;

/// <summary>
/// Knows which step an engine runs and for how long. An engine runs one step at a time, in their order, so a step begins when it is
/// given to the engine or when the one before it ends, whichever is later.
/// </summary>
public sealed class StepWatch(StepTimeLimit limit)
{
    private readonly List<(long Step, int Rows)> _steps = [];
    private double _sinceSeconds;

    /// <summary>A step is given to the engine.</summary>
    public void Begin(long step, int rows, double nowSeconds)
    {
        if (_steps.Count == 0)
            _sinceSeconds = nowSeconds;
        _steps.Add((step, rows));
    }

    /// <summary>A step has ended, or was dropped while it waited.</summary>
    public void End(long step, double nowSeconds)
    {
        var index = _steps.FindIndex(known => known.Step == step);
        if (index == 0)
            _sinceSeconds = nowSeconds;
        _steps.RemoveAt(index);
    }

    /// <summary>The step that takes too long, and how long; null where none does.</summary>
    public (long Step, double Seconds, double LimitSeconds)? Overdue(double nowSeconds)
    {
        if (_steps.Count == 0)
            return null;
        var (step, rows) = _steps[0];
        var seconds = nowSeconds - _sinceSeconds;
        return seconds > limit.Seconds(rows) ? (step, seconds, limit.Seconds(rows)) : null;
    }
}
