using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Batching;

/// <summary>Collects one step. Not reusable.</summary>
internal sealed class StepBuilder(long stepNumber)
{
    private readonly List<SequenceCommand> _closes = [];
    private readonly List<SequenceCommand> _truncations = [];
    private readonly List<SequenceCommand> _opens = [];
    private readonly ImmutableArray<StepRow>.Builder _rows = ImmutableArray.CreateBuilder<StepRow>();
    private readonly ImmutableArray<StepShare>.Builder _shares = ImmutableArray.CreateBuilder<StepShare>();
    private readonly ImmutableArray<SequenceState>.Builder _sequences = ImmutableArray.CreateBuilder<SequenceState>();
    private readonly ImmutableArray<AdmittedRequest>.Builder _admitted = ImmutableArray.CreateBuilder<AdmittedRequest>();
    private readonly ImmutableArray<KvReservation>.Builder _reservations = ImmutableArray.CreateBuilder<KvReservation>();
    private int _outputRows;

    public int RowCount => _rows.Count;

    public bool IsEmpty => _closes.Count + _truncations.Count + _opens.Count + _rows.Count == 0;

    public void Close(int slot) => _closes.Add(SequenceCommand.Close(slot));

    public void Truncate(int slot, int fromPosition) => _truncations.Add(SequenceCommand.Truncate(slot, fromPosition));

    public void Add(AdmittedRequest admitted) => _admitted.Add(admitted);

    /// <summary>Opens the slot of a sequence where the stages have not done so.</summary>
    public void Open(SequenceState sequence)
    {
        if (sequence.IsOpen)
            return;
        _opens.Add(sequence.Request.Open(sequence.Slot));
        sequence.Open(stepNumber);
        if (sequence.AwaitsKv)
            _reservations.Add(new KvReservation(sequence.Request.Id, sequence.Slot, stepNumber));
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
        sequence.Issue(count);
    }

    public StepInFlight Build(ImmutableArray<string> preempted)
    {
        var plan = new StepPlan
        {
            StepNumber = stepNumber,
            Commands = [.. _closes, .. _truncations, .. _opens],
            Rows = _rows.DrainToImmutable(),
            Shares = _shares.DrainToImmutable(),
            Admitted = _admitted.DrainToImmutable(),
            Preempted = preempted,
            KvReservations = _reservations.DrainToImmutable(),
            OutputRows = _outputRows,
        };
        return new StepInFlight(plan, _sequences.DrainToImmutable());
    }
}
