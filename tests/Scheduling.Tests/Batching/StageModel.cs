using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>One stage as a history of tokens per slot. Refuses, without changing anything, what a careful engine refuses.</summary>
internal sealed class StageModel(EngineSettings engine)
{
    private readonly HashSet<int> _unsureSlots = [];
    private Dictionary<int, List<int>> _slots = [];

    public int OpenSlots => _slots.Count;

    /// <summary>Slots that lost steps opened or closed: here alone may the next step close what is not open.</summary>
    public void MarkUnsure(IEnumerable<int> slots) => _unsureSlots.UnionWith(slots);

    /// <summary>Runs a step of the regular order.</summary>
    /// <returns>One token per output row.</returns>
    public List<int> Execute(StepPlan step)
    {
        var error = TryExecute(step, commandsOnly: false, out var sampled);
        _unsureSlots.Clear();
        return error is null ? sampled : throw new InvalidOperationException($"Step {step.StepNumber}: {error}");
    }

    /// <summary>Null, or why the step is refused.</summary>
    public string? TryExecute(StepPlan step, bool commandsOnly, out List<int> sampled)
    {
        sampled = [];
        var slots = _slots.ToDictionary(slot => slot.Key, slot => slot.Value.ToList());
        foreach (var command in step.Commands)
            if (Apply(slots, command) is { } error)
                return error;
        if (step.Rows.Length > engine.MaxStepTokens)
            return $"{step.Rows.Length} rows";
        foreach (var row in commandsOnly ? [] : step.Rows)
        {
            if (!slots.TryGetValue(row.Sequence, out var tokens))
                return $"row in slot {row.Sequence}, which is not open";
            if (row.Position != tokens.Count)
                return $"position {row.Position} after {tokens.Count} tokens in slot {row.Sequence}";
            tokens.Add(row.Token);
            if (row.IsOutput)
                sampled.Add(ReferenceModel.NextToken(tokens));
            if (tokens.Count > engine.MaxSequenceTokens)
                return $"{tokens.Count} tokens in slot {row.Sequence}";
        }

        if (slots.Count > engine.MaxSequences || slots.Values.Sum(tokens => tokens.Count) > engine.KvCells)
            return $"{slots.Count} slots with {slots.Values.Sum(tokens => tokens.Count)} cells";
        _slots = slots;
        return null;
    }

    private string? Apply(Dictionary<int, List<int>> slots, SequenceCommand command)
    {
        var slot = command.Sequence;
        if (slot < 0 || slot >= engine.MaxSequences)
            return $"slot {slot}";
        switch (command.Kind)
        {
            case SequenceCommandKind.Open:
                return slots.TryAdd(slot, []) ? null : $"slot {slot} is open already";
            case SequenceCommandKind.Close:
                return slots.Remove(slot) || _unsureSlots.Contains(slot) ? null : $"slot {slot} is not open";
            default:
                if (!slots.TryGetValue(slot, out var tokens) || command.FromPosition > tokens.Count)
                    return $"slot {slot} cannot be truncated to {command.FromPosition}";
                tokens.RemoveRange(command.FromPosition, tokens.Count - command.FromPosition);
                return null;
        }
    }
}
