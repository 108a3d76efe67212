using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Batching;

/// <summary>Collects one step after the other: what it has built shares nothing with it.</summary>
internal sealed class StepBuilder
{
    private readonly List<SequenceCommand> _closes = [];
    private readonly List<SequenceCommand> _truncations = [];
    private readonly List<SequenceCommand> _opens = [];
    private readonly List<StepRow> _rows = [];
    private readonly List<StepShare> _shares = [];
    private readonly List<SequenceState> _sequences = [];
    private readonly List<AdmittedRequest> _admitted = [];
    private readonly List<KvReservation> _reservations = [];
    private long _stepNumber;
    private int _outputRows;
    private int _decodeRows;

    public int RowCount => _rows.Count;

    public bool IsEmpty => _closes.Count + _truncations.Count + _opens.Count + _rows.Count == 0;

    /// <summary>Forgets what was collected.</summary>
    public void Begin(long stepNumber)
    {
        (_stepNumber, _outputRows, _decodeRows) = (stepNumber, 0, 0);
        _closes.Clear();
        _truncations.Clear();
        _opens.Clear();
        _rows.Clear();
        _shares.Clear();
        _sequences.Clear();
        _admitted.Clear();
        _reservations.Clear();
    }

    public void Close(int slot) => _closes.Add(SequenceCommand.Close(slot));

    public void Truncate(int slot, int fromPosition) => _truncations.Add(SequenceCommand.Truncate(slot, fromPosition));

    public void Add(AdmittedRequest admitted) => _admitted.Add(admitted);

    /// <summary>Opens the slot of a sequence where the stages have not done so.</summary>
    public void Open(SequenceState sequence)
    {
        if (sequence.IsOpen)
            return;
        _opens.Add(sequence.Request.Open(sequence.Slot));
        sequence.Open(_stepNumber);
        if (sequence.AwaitsKv)
            _reservations.Add(new KvReservation(sequence.Request.Id, sequence.Slot, _stepNumber));
    }

    /// <summary>Fills the slot of a sequence that this step opens with the first positions of another.</summary>
    public void Share(SequenceState sequence, int fromSlot, int positions)
    {
        _opens.Add(SequenceCommand.Copy(sequence.Slot, fromSlot, positions));
        sequence.Share(positions);
    }

    /// <summary>Issues the next rows of a sequence whose slot is open.</summary>
    public void AddRows(SequenceState sequence, int count)
    {
        var request = sequence.Request;
        var isPrefill = sequence.PrefillTokens > 0;
        var first = sequence.Issued;
        var hasOutput = first + count == request.KnownTokens;
        for (var position = first; position < first + count; position++)
            _rows.Add(new StepRow(request.TokenAt(position), position, sequence.Slot, position == request.KnownTokens - 1));
        _shares.Add(new StepShare(request.Id, sequence.Slot, count, isPrefill, hasOutput));
        _sequences.Add(sequence);
        _outputRows += hasOutput ? 1 : 0;
        _decodeRows += isPrefill ? 0 : count;
        sequence.Issue(count);
    }

    public StepInFlight Build(ImmutableArray<string> preempted)
    {
        var plan = new StepPlan
        {
            StepNumber = _stepNumber,
            Commands = _closes.Count + _truncations.Count + _opens.Count == 0 ? [] : [.. _closes, .. _truncations, .. _opens],
            Rows = [.. _rows],
            Shares = [.. _shares],
            Admitted = [.. _admitted],
            Preempted = preempted,
            KvReservations = [.. _reservations],
            OutputRows = _outputRows,
            DecodeRows = _decodeRows,
        };
        return new StepInFlight(plan, [.. _sequences]);
    }
}
