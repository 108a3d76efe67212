using System.Diagnostics.CodeAnalysis;

namespace E2LLM.Scheduling.Batching;

/// <summary>The steps on their way through the stages, oldest first, and their numbers.</summary>
internal sealed class StepLedger
{
    private readonly Queue<StepInFlight> _steps = [];

    public int Count => _steps.Count;

    /// <summary>Those with decode rows.</summary>
    public int DecodeCount
    {
        get
        {
            var count = 0;
            foreach (var step in _steps)
                count += step.Plan.DecodeRows > 0 ? 1 : 0;
            return count;
        }
    }

    /// <summary>The number of the next step to be issued.</summary>
    public long NextNumber { get; private set; }

    public void Add(StepInFlight step)
    {
        _steps.Enqueue(step);
        NextNumber++;
    }

    /// <summary>Null where the step was lost or has been applied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such step was issued.</exception>
    public StepInFlight? Find(long stepNumber)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(stepNumber, NextNumber);
        foreach (var step in _steps)
            if (step.Plan.StepNumber == stepNumber)
                return step;
        return null;
    }

    /// <summary>Takes the oldest step, if its result is known.</summary>
    public bool TryTakeCompleted([NotNullWhen(true)] out StepInFlight? step)
    {
        if (_steps.TryPeek(out step) && step.IsCompleted)
            return _steps.TryDequeue(out step);
        step = null;
        return false;
    }

    /// <summary>Takes all steps; their numbers are not given out again.</summary>
    public StepInFlight[] LoseAll()
    {
        var lost = _steps.ToArray();
        _steps.Clear();
        return lost;
    }
}
