using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <summary>The sequences that hold slots, in the order of their admission, and the slots that the stages have still to close.</summary>
internal sealed class SequenceTable(EngineSettings engine)
{
    private readonly KvBudget _budget = new(engine.KvCells, engine.MaxSequences);
    private readonly List<SequenceState> _sequences = [];
    private readonly Dictionary<string, SequenceState> _byId = [];
    private readonly SortedSet<int> _slotsToClose = [];

    public IReadOnlyList<SequenceState> All => _sequences;

    public int ReservedCells => _budget.ReservedCells;

    /// <summary>Null where no such request is being served.</summary>
    public SequenceState? Find(string requestId) => _byId.GetValueOrDefault(requestId);

    /// <summary>Whether slots and cells are free for a request.</summary>
    public bool CanAdmit(RequestState request) => _budget.CanReserve(request.Cells);

    /// <summary>Null where slots or cells are short.</summary>
    public SequenceState? TryAdmit(RequestState request)
    {
        var slot = _budget.TryReserve(request.Cells);
        if (slot < 0)
            return null;
        var sequence = new SequenceState(request, slot);
        _sequences.Add(sequence);
        _byId.Add(request.Id, sequence);
        return sequence;
    }

    /// <summary>Ends a request; its slot and cells stay taken until no step in flight uses them.</summary>
    public void Close(SequenceState sequence)
    {
        sequence.Close();
        _byId.Remove(sequence.Request.Id);
    }

    /// <summary>Takes all sequences back to their confirmed positions, and notes what the next step has to put right on the stages.</summary>
    /// <param name="lostSteps">All steps that were in flight. Any stage may have run them or not.</param>
    /// <returns>The sequences that had rows in them.</returns>
    public IReadOnlySet<SequenceState> RollBack(IEnumerable<StepInFlight> lostSteps)
    {
        HashSet<SequenceState> lost = [];
        HashSet<int> truncatedSlots = [];
        foreach (var step in lostSteps)
        {
            lost.UnionWith(step.Sequences);
            foreach (var command in step.Plan.Commands)
                (command.Kind == SequenceCommandKind.Truncate ? (ISet<int>)truncatedSlots : _slotsToClose).Add(command.Sequence);
        }

        foreach (var sequence in lost)
            sequence.RollBack();
        foreach (var sequence in _sequences)
            if (_slotsToClose.Contains(sequence.Slot))
                sequence.LoseSlot();
            else if (sequence.IsOpen && (lost.Contains(sequence) || truncatedSlots.Contains(sequence.Slot)))
                sequence.NeedsTruncate = true;
        return lost;
    }

    /// <summary>Takes a sequence out of its slot at once, for use when no step in flight has rows of it; the next step closes it.</summary>
    public void Evict(SequenceState sequence)
    {
        _sequences.Remove(sequence);
        _byId.Remove(sequence.Request.Id);
        Free(sequence);
    }

    /// <summary>Frees ended sequences that no step in flight uses.</summary>
    public void FreeEnded()
    {
        for (var index = _sequences.Count - 1; index >= 0; index--)
            if (_sequences[index] is { IsClosing: true, StepsInFlight: 0 } ended)
            {
                // Not by id: the same id may have come anew.
                _sequences.RemoveAt(index);
                Free(ended);
            }
    }

    /// <summary>Hands out the slots that the step being built must close.</summary>
    public int[] TakeSlotsToClose()
    {
        var slots = _slotsToClose.ToArray();
        _slotsToClose.Clear();
        return slots;
    }

    private void Free(SequenceState sequence)
    {
        _budget.Release(sequence.Slot);
        if (sequence.IsOpen)
            _slotsToClose.Add(sequence.Slot);
    }
}
