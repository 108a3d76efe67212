using System.Runtime.InteropServices;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <summary>Puts the next step together: what to clear up, which answers to continue, which prompts to read, whom to let in.</summary>
internal sealed class StepComposer(
    EngineSettings engine, SchedulerOptions options, RequestQueue queue, SequenceTable sequences, RunningLimit limit, PromptMix mix)
{
    /// <summary>What is at most this fraction of a prompt counts as short beside it.</summary>
    private const int ShortPromptFraction = 4;

    private readonly List<string> _preempted = [];
    private readonly StepBuilder _step = new();

    // A step is put together for every token that is written: no garbage, and no more passes over the sequences than it takes.
    private readonly List<SequenceState> _reading = [];
    private SequenceState[] _ready = new SequenceState[engine.MaxSequences];
    private long[] _turns = new long[engine.MaxSequences];
    private readonly int _microBatches = options.MicroBatches > 0 ? Math.Min(options.MicroBatches, options.MaxStepsInFlight) : options.MaxStepsInFlight;
    private readonly PromptShare _promptShare = new(engine.MaxStepTokens);
    private long _turn;

    /// <summary>How often a request lost its slot because cells were short.</summary>
    public long Preemptions { get; private set; }

    /// <summary>Null where there is nothing to do.</summary>
    /// <param name="stepNumber">The step's number.</param>
    /// <param name="steps">Those on their way; one more may be issued.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    public StepInFlight? Compose(long stepNumber, StepLedger steps, double nowSeconds)
    {
        var step = _step;
        step.Begin(stepNumber);
        sequences.FreeEnded();
        ReserveCells(nowSeconds);
        foreach (var sequence in sequences.Span)
            if (sequence.AwaitsKv)
                step.Open(sequence);
        AddDecodeRows(step, Math.Min(options.MaxStepsInFlight - steps.Count, _microBatches - steps.DecodeCount), nowSeconds);
        var decodeRows = step.RowCount;
        AddPromptChunks(step, nowSeconds);
        _promptShare.Use(step.RowCount - decodeRows);

        // Last, so that a slot that had to be given up on the way is closed by the very step that opens it again.
        foreach (var slot in sequences.TakeSlotsToClose())
            step.Close(slot);
        foreach (var (slot, fromPosition) in sequences.TakeTruncations())
            step.Truncate(slot, fromPosition);
        sequences.Prefixes?.EndStep();

        if (step.IsEmpty)
            return null;
        var built = step.Build(_preempted.Count == 0 ? [] : [.. _preempted]);
        _preempted.Clear();
        return built;
    }

    /// <summary>Gets sequences that have used up their cells the next ones: the oldest first, if need be at the cost of the youngest.</summary>
    private void ReserveCells(double nowSeconds)
    {
        if (!AnyOutOfCells())
            return;
        foreach (var sequence in sequences.All.Where(sequence => sequence is { HasToken: true, IsReady: false }).ToArray())
            while (sequence is { HasToken: true, IsReady: false } && !sequences.TryGrow(sequence))
            {
                // What is about to be freed comes first: one sequence too many is not given up twice.
                if (sequences.All.Any(other => other.IsClosing) || sequences.Youngest() is not { } youngest)
                    return;
                youngest.Request.Preemptions++;
                Preemptions++;
                _preempted.Add(youngest.Request.Id);
                sequences.Leave(youngest);
                youngest.Request.QueuedSeconds = nowSeconds;
                queue.Return(youngest.Request);
            }
    }

    private bool AnyOutOfCells()
    {
        foreach (var sequence in sequences.Span)
            if (sequence is { HasToken: true, IsReady: false })
                return true;
        return false;
    }

    /// <param name="step">What is being put together.</param>
    /// <param name="freeSteps">Steps with decode rows that may be issued before one completes, this one included.</param>
    /// <param name="nowSeconds">On the caller's clock.</param>
    private void AddDecodeRows(StepBuilder step, int freeSteps, double nowSeconds)
    {
        var (ready, decoding, isReading) = Look();
        var share = _promptShare.Next(promptWaits: isReading
            || (queue.Head is { Mode: not RunMode.DecodeOnly } head && sequences.CanAdmit(head)));
        if (ready == 0 || freeSteps <= 0)
            return;
        Array.Sort(_turns, _ready, 0, ready);
        var rows = MicroBatch.Rows(ready, decoding, freeSteps, _microBatches, engine.MaxStepTokens - share);
        foreach (var sequence in _ready.AsSpan(0, rows))
        {
            step.AddRows(sequence, 1);
            sequence.LastTurn = ++_turn;
            if (sequence.LastRowSeconds is { } last)
                limit.OnToken(sequences.All.Count, nowSeconds - last, nowSeconds);
            sequence.LastRowSeconds = nowSeconds;
        }

        Array.Clear(_ready, 0, ready);
    }

    /// <summary>Collects the sequences whose next row can be issued, and when their turn is: who never had one first, in the order of admission.</summary>
    private (int Ready, int Decoding, bool IsReading) Look()
    {
        var (ready, decoding, isReading) = (0, 0, false);
        var all = sequences.Span;
        if (all.Length > _ready.Length)
            (_ready, _turns) = (new SequenceState[all.Length], new long[all.Length]);
        for (var index = 0; index < all.Length; index++)
        {
            var sequence = all[index];
            if (!sequence.IsDecoding)
            {
                isReading |= sequence.PrefillTokens > 0;
                continue;
            }

            decoding++;
            if (!sequence.IsReady)
                continue;
            _turns[ready] = sequence.LastTurn > 0 ? sequence.LastTurn : index - all.Length;
            _ready[ready++] = sequence;
        }

        return (ready, decoding, isReading);
    }

    private void AddPromptChunks(StepBuilder step, double nowSeconds)
    {
        var decodeRows = step.RowCount;
        var (budget, isDecoding) = (engine.MaxStepTokens - decodeRows, false);
        _reading.Clear();
        foreach (var sequence in sequences.Span)
        {
            isDecoding |= sequence.IsDecoding;
            if (sequence.PrefillTokens > 0)
                _reading.Add(sequence);
        }

        if (isDecoding)
            budget = Math.Min(budget, Math.Max(options.PrefillTokensBesideDecode, Math.Min(options.MaxPrefillTokensBesideDecode, mix.RowsBeside(decodeRows))));
        if (_reading.Count > 0)
            budget -= AddChunk(step, _reading[0], budget - RowsForShortPrompts(CollectionsMarshal.AsSpan(_reading), budget));
        if (_reading.Count > 1)
            foreach (var sequence in _reading.Skip(1).OrderBy(sequence => sequence.PrefillTokens))
                budget -= AddChunk(step, sequence, budget);

        // A slot for a KV cache from elsewhere takes no rows.
        while (queue.Head is { } head && (budget > 0 || head.Mode == RunMode.DecodeOnly) && sequences.TryAdmit(head) is { } admitted)
        {
            queue.Remove(head.Id);
            step.Add(new AdmittedRequest(head.Id, admitted.Slot, nowSeconds - head.QueuedSeconds));
            if (admitted.AwaitsKv)
                step.Open(admitted);
            budget -= AddChunk(step, admitted, budget);
        }
    }

    /// <summary>
    /// A prompt of four thousand tokens would keep one of thirty waiting until it is read to its end. So the oldest one leaves up to half
    /// of the rows to prompts that are much shorter than what is left of it: they wait little, and it takes twice as long at most.
    /// </summary>
    private int RowsForShortPrompts(ReadOnlySpan<SequenceState> reading, int budget)
    {
        var limit = reading[0].PrefillTokens / ShortPromptFraction;
        var rows = 0;
        foreach (var sequence in reading[1..])
            rows += sequence.PrefillTokens <= limit ? sequence.PrefillTokens : 0;
        if (queue.Head is { Mode: not RunMode.DecodeOnly } head && head.ReadTokens <= limit && sequences.CanAdmit(head))
            rows += head.ReadTokens;
        return Math.Min(rows, budget / 2);
    }

    private int AddChunk(StepBuilder step, SequenceState sequence, int budget)
    {
        if (budget <= 0 || sequence.PrefillTokens == 0)
            return 0;
        if (!sequence.IsOpen)
        {
            step.Open(sequence);
            if (sequences.Prefixes?.Share(sequence.Request.Request.PromptTokens) is { Tokens: > 0 } prefix)
                step.Share(sequence, prefix.Slot, prefix.Tokens);
        }

        var rows = Math.Min(budget, sequence.PrefillTokens);
        step.AddRows(sequence, rows);
        return rows;
    }
}
