namespace E2LLM.Scheduling.Protocols.Stages;

/// <summary>
/// Puts the steps of one epoch back into their order: a message may overtake another on the way, but a stage may not run them so.
/// </summary>
public sealed class StepOrder<T>(int capacity)
    where T : class
{
    private readonly Dictionary<long, T> _early = [];

    public long Epoch { get; private set; } = -1;

    public long NextStep { get; private set; }

    /// <summary>Starts an epoch; whatever waited is returned, to be dropped.</summary>
    public IReadOnlyList<T> Reset(long epoch, long nextStep)
    {
        Epoch = epoch;
        NextStep = nextStep;
        T[] dropped = [.. _early.Values];
        _early.Clear();
        return dropped;
    }

    /// <summary>Whether a step has come before, or is of an epoch that is over: nobody waits for it.</summary>
    public bool IsStale(long epoch, long step) => epoch < Epoch || (epoch == Epoch && (step < NextStep || _early.ContainsKey(step)));

    /// <summary>Takes a step that arrived.</summary>
    /// <returns>Null where it was accepted, else why it was refused.</returns>
    public string? Add(long epoch, long step, T item)
    {
        if (epoch != Epoch)
            return $"step {step} is of epoch {epoch}, but the stage is in epoch {Epoch}";
        if (step < NextStep)
            return $"step {step} has been run already; the next one is {NextStep}";
        if (_early.Count >= capacity)
            return $"{capacity} steps wait for step {NextStep}; a stage holds no more";
        return _early.TryAdd(step, item) ? null : $"step {step} came twice";
    }

    /// <summary>The next step in order, where it has arrived.</summary>
    public bool TryTake(out T? item)
    {
        if (!_early.Remove(NextStep, out item))
            return false;
        NextStep++;
        return true;
    }
}
