using E2LLM.Core.Engines;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <summary>
/// The steps on their way through the stages. What is said of a step that is not among them, because it is done, lost, or of an epoch
/// that is over, is void: so a step that failed after it was completed, and a word that comes twice or late, change nothing.
/// </summary>
internal sealed class SentSteps
{
    private readonly SortedDictionary<long, (StepPlan Plan, double SentSeconds)> _steps = [];

    /// <summary>The step that no stage had at the last look, although it was sent before the look before.</summary>
    private (long Step, double SinceSeconds)? _missing;

    public int Count => _steps.Count;

    /// <summary>Those that are on their way, in their order.</summary>
    public IEnumerable<StepPlan> Plans => _steps.Values.Select(step => step.Plan);

    public void Add(StepPlan step, double nowSeconds) => _steps.Add(step.StepNumber, (step, nowSeconds));

    public bool Contains(long step) => _steps.ContainsKey(step);

    public StepPlan? Find(long step) => _steps.TryGetValue(step, out var sent) ? sent.Plan : null;

    public void Remove(long step) => _steps.Remove(step);

    public void Clear()
    {
        _steps.Clear();
        _missing = null;
    }

    /// <summary>The oldest step, where it has been on its way for longer than that.</summary>
    public (long Step, double Seconds)? Overdue(double timeoutSeconds, double nowSeconds)
    {
        if (_steps.Count == 0)
            return null;
        var (number, step) = _steps.First();
        var seconds = nowSeconds - step.SentSeconds;
        return seconds > timeoutSeconds ? (number, seconds) : null;
    }

    /// <summary>
    /// All stages have said how far they are. Where none has work, twice in a row, the oldest step or the word of its end has been lost
    /// on its way: nobody need wait for a time-out.
    /// </summary>
    /// <param name="stages">What they said.</param>
    /// <param name="askedSeconds">When they were asked: what was sent after that may not have reached them.</param>
    public long? Missing(IReadOnlyCollection<StageProgress> stages, double askedSeconds)
    {
        var oldest = _steps.Count == 0 ? (long?)null : _steps.First().Key;
        if (oldest is not { } step || !stages.All(stage => stage.IsIdle) || _steps[step].SentSeconds > askedSeconds)
        {
            _missing = null;
            return null;
        }
        if (_missing is { } missing && missing.Step == step && missing.SinceSeconds < askedSeconds)
            return step;
        _missing = (step, askedSeconds);
        return null;
    }
}
