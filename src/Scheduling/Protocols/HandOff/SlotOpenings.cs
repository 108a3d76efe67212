using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>
/// Which step opened each slot of a stage, of the steps that its engine has been given. A cache that arrives late must not go into a
/// slot that another request has got since.
/// </summary>
public sealed class SlotOpenings
{
    private readonly Dictionary<int, long> _openedInStep = [];

    public void Note(StageStep step)
    {
        if (step.Commands.IsDefault)
            return;
        foreach (var command in step.Commands)
            if (command.Kind == SequenceCommandKind.Open)
                _openedInStep[command.Sequence] = step.StepNumber;
            else if (command.Kind == SequenceCommandKind.Close)
                _openedInStep.Remove(command.Sequence);
    }

    public bool IsOpenSince(int sequence, long stepNumber) => _openedInStep.TryGetValue(sequence, out var opened) && opened == stepNumber;

    public void Clear() => _openedInStep.Clear();
}
