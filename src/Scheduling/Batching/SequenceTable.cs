using System.Runtime.InteropServices;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Prefixes;

namespace E2LLM.Scheduling.Batching;

/// <summary>The sequences that hold slots, in the order of their admission, and the slots that the stages have still to close.</summary>
internal sealed partial class SequenceTable(EngineSettings engine, SchedulerOptions options, RunningLimit limit)
{
    private readonly KvBudget _budget = new(engine.KvCells, engine.MaxSequences);
    private readonly PrefixCache? _prefixes = options.ReusePrefixes ? new PrefixCache(options.PrefixBlockTokens) : null;
    private readonly List<SequenceState> _sequences = [];
    private readonly Dictionary<string, SequenceState> _byId = [];
    private readonly SortedSet<int> _slotsToClose = [];

    public IReadOnlyList<SequenceState> All => _sequences;

    /// <summary><see cref="All"/>, for passes that are made for every step; not while sequences come or go.</summary>
    public ReadOnlySpan<SequenceState> Span => CollectionsMarshal.AsSpan(_sequences);

    /// <summary>Cells of sequences; kept prefixes give theirs up for the asking.</summary>
    public int ReservedCells => _budget.ReservedCells - (_prefixes?.KeptCells ?? 0);

    /// <summary>Null where no such request is being served.</summary>
    public SequenceState? Find(string requestId) => _byId.GetValueOrDefault(requestId);

    /// <summary>Whether a slot and cells are free for a request, and one more may run.</summary>
    public bool CanAdmit(RequestState request) => HasRoom(CellsToStart(request));

    /// <summary>Null where slots or cells are short, or no more may run.</summary>
    public SequenceState? TryAdmit(RequestState request)
    {
        var cells = CellsToStart(request);
        if (!HasRoom(cells))
            return null;
        var isAlone = _sequences.Count == 0;
        if (isAlone && options.ExactWhenAlone)
            EvictLoadedPrefixes();
        _prefixes?.Touch(request.Request.PromptTokens);
        while (!_budget.CanReserve(cells))
            EvictPrefix();
        var sequence = new SequenceState(request, _budget.Reserve(cells), cells) { IsAlone = isAlone };
        _sequences.Add(sequence);
        _byId.Add(request.Id, sequence);
        return sequence;
    }

    /// <summary>Reserves the next cells of a sequence that has used up its own. False where none is free.</summary>
    public bool TryGrow(SequenceState sequence)
    {
        if (_budget.FreeCells == 0)
            EvictPrefix();
        var granted = _budget.Grow(sequence.Slot, Math.Min(options.CellMarginTokens, sequence.Request.Cells - sequence.Cells));
        sequence.Cells += granted;
        return granted > 0;
    }

    /// <summary>The sequence to give up when cells are short: the one admitted last, of those that may be interrupted.</summary>
    public SequenceState? Youngest() => _sequences.LastOrDefault(sequence =>
        !sequence.IsClosing && sequence.Request.Mode == RunMode.Whole && sequence.Request.Preemptions < options.MaxPreemptions);

    /// <summary>Ends a request; its slot and cells stay taken until no step in flight uses them.</summary>
    public void Close(SequenceState sequence)
    {
        sequence.Close();
        _byId.Remove(sequence.Request.Id);
    }

    /// <summary>Takes all sequences back to their confirmed positions, and notes what the next step has to put right.</summary>
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
        {
            sequence.IsAlone = false;
            if (_slotsToClose.Contains(sequence.Slot))
                sequence.LoseSlot();
            else if (sequence.IsOpen && (lost.Contains(sequence) || truncatedSlots.Contains(sequence.Slot)))
                sequence.NeedsTruncate = true;
        }

        RollBackPrefixes(truncatedSlots);
        return lost;
    }

    /// <summary>Gives up the slot of a request that goes on later; it is freed as soon as no step in flight has rows of it.</summary>
    public void Leave(SequenceState sequence)
    {
        Close(sequence);
        sequence.KeepsPrefix = false;
        if (sequence.StepsInFlight == 0)
        {
            _sequences.Remove(sequence);
            Free(sequence);
        }
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
        if (_slotsToClose.Count == 0)
            return [];
        var slots = _slotsToClose.ToArray();
        _slotsToClose.Clear();
        return slots;
    }

    /// <summary>Hands out the slots that the step being built must truncate, and where.</summary>
    public IReadOnlyList<(int Slot, int FromPosition)> TakeTruncations()
    {
        List<(int, int)>? truncations = null;
        foreach (var sequence in Span)
            if (sequence.NeedsTruncate)
            {
                sequence.NeedsTruncate = false;
                (truncations ??= []).Add((sequence.Slot, sequence.Confirmed));
            }

        foreach (var prefix in _prefixes?.Kept ?? [])
            if (prefix.NeedsTruncate)
            {
                prefix.NeedsTruncate = false;
                (truncations ??= []).Add((prefix.Slot, prefix.Cells));
            }

        return truncations ?? [];
    }

    private int CellsToStart(RequestState request) =>
        options.CellReservation == CellReservation.WholeAnswer || request.Preemptions >= options.MaxPreemptions
            ? request.Cells
            : Math.Min(request.Cells, request.KnownTokens + options.CellMarginTokens);

    private void Free(SequenceState sequence)
    {
        if (TryKeepPrefix(sequence))
            return;
        _prefixes?.Remove(sequence.Slot);
        _budget.Release(sequence.Slot);
        if (sequence.IsOpen)
            _slotsToClose.Add(sequence.Slot);
    }
}
