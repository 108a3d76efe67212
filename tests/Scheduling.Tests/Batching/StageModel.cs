using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>One stage as a history of tokens per slot. Refuses, without changing anything, what a careful engine refuses.</summary>
internal sealed class StageModel(EngineSettings engine)
{
    private const int Garbage = -1;

    private readonly HashSet<int> _unsureSlots = [];
    private Dictionary<int, Slot> _slots = [];

    private sealed record Slot(long OpenedInStep, List<int> Tokens, SamplerModel Sampler);

    public int OpenSlots => _slots.Count;

    /// <summary>Positions that the slots hold; what two of them share counts twice, as it does for the scheduler.</summary>
    public int HeldCells => Cells(_slots);

    /// <summary>Slots that lost steps opened or closed: here alone may the next step close what is not open.</summary>
    public void MarkUnsure(IEnumerable<int> slots) => _unsureSlots.UnionWith(slots);

    /// <summary>Everything in the cache is gone; whoever goes on with it gets nonsense.</summary>
    public void LoseCache()
    {
        foreach (var (slot, content) in _slots.ToArray())
            _slots[slot] = content with { Tokens = [.. content.Tokens.Select(_ => Garbage)] };
    }

    /// <summary>The tokens whose KV cache the slot holds at these positions.</summary>
    public IEnumerable<int> Export(int slot, int fromPosition, int toPosition) => _slots[slot].Tokens[fromPosition..toPosition];

    /// <summary>Fills a slot; false where the stage has not opened it in that step, or not yet.</summary>
    public bool TryImport(SequenceCommand open, long openedInStep, IEnumerable<int> tokens)
    {
        var slot = open.Sequence;
        if (!_slots.TryGetValue(slot, out var content) || content.OpenedInStep != openedInStep)
            return false;
        if (content.Tokens.Count > 0)
            throw new InvalidOperationException($"slot {slot} is to be filled, but holds tokens");
        content.Tokens.AddRange(tokens);
        _slots[slot] = content with { Sampler = new SamplerModel(open) };
        if (Cells(_slots) > engine.KvCells)
            throw new InvalidOperationException($"{Cells(_slots)} cells");
        return true;
    }

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
        var slots = _slots.ToDictionary(slot => slot.Key, slot => slot.Value with { Tokens = [.. slot.Value.Tokens] });
        foreach (var command in step.Commands)
            if (Apply(slots, command, step.StepNumber) is { } error)
                return error;
        if (step.Rows.Length > engine.MaxStepTokens)
            return $"{step.Rows.Length} rows";
        foreach (var row in commandsOnly ? [] : step.Rows)
        {
            if (!slots.TryGetValue(row.Sequence, out var slot))
                return $"row in slot {row.Sequence}, which is not open";
            if (row.Position != slot.Tokens.Count)
                return $"position {row.Position} after {slot.Tokens.Count} tokens in slot {row.Sequence}";
            slot.Tokens.Add(row.Token);
            if (row.IsOutput)
            {
                if (slot.Sampler.FindGap(slot.Tokens) is { } gap)
                    return gap;
                sampled.Add(ReferenceModel.NextToken(slot.Tokens));
                slots[row.Sequence] = slot with { Sampler = slot.Sampler.Draw(row.Position, sampled[^1]) };
            }

            if (slot.Tokens.Count > engine.MaxSequenceTokens)
                return $"{slot.Tokens.Count} tokens in slot {row.Sequence}";
        }

        if (slots.Count > engine.MaxSequences || Cells(slots) > engine.KvCells)
            return $"{slots.Count} slots with {Cells(slots)} cells";
        _slots = slots;
        return null;
    }

    private static int Cells(Dictionary<int, Slot> slots) => slots.Values.Sum(slot => slot.Tokens.Count);

    private string? Apply(Dictionary<int, Slot> slots, SequenceCommand command, long stepNumber)
    {
        var slot = command.Sequence;
        if (slot < 0 || slot >= engine.MaxSequences)
            return $"slot {slot}";
        switch (command.Kind)
        {
            case SequenceCommandKind.Open:
                return slots.TryAdd(slot, new Slot(stepNumber, [], new SamplerModel(command))) ? null : $"slot {slot} is open already";
            case SequenceCommandKind.Close:
                return slots.Remove(slot) || _unsureSlots.Contains(slot) ? null : $"slot {slot} is not open";
            case SequenceCommandKind.Copy:
                if (!slots.TryGetValue(slot, out var target) || target.Tokens.Count > 0)
                    return $"slot {slot} is not open and empty";
                if (!slots.TryGetValue(command.FromSequence, out var source) || command.Positions > source.Tokens.Count)
                    return $"slot {command.FromSequence} does not hold {command.Positions} positions";
                target.Tokens.AddRange(source.Tokens[..command.Positions]);
                return null;
            default:
                if (!slots.TryGetValue(slot, out var content) || command.FromPosition > content.Tokens.Count)
                    return $"slot {slot} cannot be truncated to {command.FromPosition}";
                content.Tokens.RemoveRange(command.FromPosition, content.Tokens.Count - command.FromPosition);
                slots[slot] = content with { Sampler = content.Sampler.Truncate(command.FromPosition) };
                return null;
        }
    }
}
