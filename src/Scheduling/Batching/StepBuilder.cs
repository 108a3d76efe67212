using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Batching;

/// <summary>Collects one step. Not reusable.</summary>
internal sealed class StepBuilder(long stepNumber)
{
    private readonly ImmutableArray<SequenceCommand>.Builder _commands = ImmutableArray.CreateBuilder<SequenceCommand>();
    private readonly ImmutableArray<StepRow>.Builder _rows = ImmutableArray.CreateBuilder<StepRow>();
    private readonly ImmutableArray<StepShare>.Builder _shares = ImmutableArray.CreateBuilder<StepShare>();
    private readonly ImmutableArray<SequenceState>.Builder _sequences = ImmutableArray.CreateBuilder<SequenceState>();
    private readonly ImmutableArray<AdmittedRequest>.Builder _admitted = ImmutableArray.CreateBuilder<AdmittedRequest>();
    private int _outputRows;

    public int RowCount => _rows.Count;

    public bool IsEmpty => _commands.Count == 0 && _rows.Count == 0;

    public void Add(SequenceCommand command) => _commands.Add(command);

    public void Add(AdmittedRequest admitted) => _admitted.Add(admitted);

    /// <summary>Issues the next rows of a sequence, and opens its slot where the stages have not done so.</summary>
    public void AddRows(SequenceState sequence, int count)
    {
        var request = sequence.Request;
        if (!sequence.IsOpen)
        {
            Add(SequenceCommand.Open(sequence.Slot, request.Request.Sampling, request.PenaltyTokens()));
            sequence.IsOpen = true;
        }

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

    public StepInFlight Build()
    {
        var plan = new StepPlan
        {
            StepNumber = stepNumber,
            Commands = _commands.DrainToImmutable(),
            Rows = _rows.DrainToImmutable(),
            Shares = _shares.DrainToImmutable(),
            Admitted = _admitted.DrainToImmutable(),
            OutputRows = _outputRows,
        };
        return new StepInFlight(plan, _sequences.DrainToImmutable());
    }
}
