using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Engines;

/// <summary>
/// What every sequence slot of an engine holds, and whether a step fits it. Real and synthetic engines share it, so that they refuse
/// the same steps. llama.cpp itself answers some of these mistakes with abort() and accepts others silently.
/// </summary>
/// <remarks>
/// A step goes through <see cref="Check"/>, <see cref="CommitCommands"/> and <see cref="CommitRows"/>; each of the three leaves the
/// state whole, so a step may end after any of them. Not thread-safe.
/// </remarks>
internal sealed partial class SequenceLedger(
    StageEngineInfo info, EngineSettings settings, int vocabularySize, string engineName, int windowTokens = 0)
{
    private readonly SlotCells[] _slots = Closed(settings.MaxSequences);
    private readonly SlotCells[] _afterCommands = Closed(settings.MaxSequences);
    private readonly SlotCells[] _afterRows = Closed(settings.MaxSequences);
    private long _nextRun;

    public StageEngineUsage Usage => new(_slots.Count(slot => slot.IsOpen), SlotCells.CountCells(_slots));

    /// <summary>Tokens that a slot holds; the position that its next row must have.</summary>
    public int Length(int sequence) => Math.Max(0, _slots[sequence].Length);

    /// <summary>Works out what the step would lead to, without changing anything.</summary>
    /// <exception cref="EngineException">The step does not fit: names the command or row and what it should have been.</exception>
    public void Check(StageStep step)
    {
        _slots.CopyTo(_afterCommands, 0);
        if (!step.Commands.IsDefault)
            for (var index = 0; index < step.Commands.Length; index++)
                CheckCommand(step, index);
        _afterCommands.CopyTo(_afterRows, 0);
        CheckHidden(step);
        if (step.Rows.IsDefaultOrEmpty)
            return;
        if (step.Rows.Length > settings.MaxStepTokens)
            throw Refuse(step, $"{step.Rows.Length} rows, but MaxStepTokens is {settings.MaxStepTokens}");
        var outputs = 0;
        for (var index = 0; index < step.Rows.Length; index++)
        {
            CheckRow(step, index);
            outputs += step.Rows[index].IsOutput ? 1 : 0;
        }
        if (outputs > settings.MaxSequences)
            throw Refuse(step, $"{outputs} output rows, but room for the logits of {settings.MaxSequences} (MaxSequences)");
        if (SlotCells.CountCells(_afterRows) > settings.KvCells)
            throw Refuse(
                step,
                $"{step.Rows.Length} rows, but {SlotCells.CountCells(_afterCommands)} of {settings.KvCells} KV cells (KvCells) are in use");
    }

    /// <summary>The commands of the checked step have been carried out.</summary>
    public void CommitCommands() => _afterCommands.CopyTo(_slots, 0);

    /// <summary>The rows of the checked step are in the KV cache.</summary>
    public void CommitRows() => _afterRows.CopyTo(_slots, 0);

    private void CheckCommand(StageStep step, int index)
    {
        var command = step.Commands[index];
        if ((uint)command.Sequence >= (uint)settings.MaxSequences)
            throw Refuse(step, $"command {index} names slot {command.Sequence}, but MaxSequences is {settings.MaxSequences}");
        ref var slot = ref _afterCommands[command.Sequence];
        switch (command.Kind)
        {
            case SequenceCommandKind.Open:
                CheckOpen(step, index, command);
                slot = SlotCells.Empty;
                break;
            // A stage that never saw the rows, or the slot, has nothing to forget: rolling back several stages may not fail on it.
            case SequenceCommandKind.Truncate when command.FromPosition >= 0:
                slot = slot.Truncate(command.FromPosition);
                break;
            case SequenceCommandKind.Close:
                slot = SlotCells.Closed;
                break;
            case SequenceCommandKind.Copy:
                CopyPrefix(step, index, command);
                break;
            default:
                throw Refuse(step, $"command {index} is {command.Kind} from position {command.FromPosition}");
        }
    }

    private void CheckOpen(StageStep step, int index, SequenceCommand command)
    {
        if (command.Sampling is null)
            throw Refuse(step, $"command {index} opens slot {command.Sequence} without sampling options");
        var errors = SamplingOptionsRules.FindErrors(command.Sampling).Select(error => error.Message).ToArray();
        if (errors.Length > 0)
            throw Refuse(step, $"command {index} opens slot {command.Sequence} with bad sampling options: {string.Join(" ", errors)}");
        if (info.IsLast && FindForeign(command.PenaltyTokens) is { } penalised)
            throw Refuse(step, $"command {index} penalises token {penalised}, but the vocabulary has {vocabularySize}");
        if (info.IsLast && FindForeign(command.Answer) is { } answered)
            throw Refuse(step, $"command {index} goes on from an answer with token {answered}, but the vocabulary has {vocabularySize}");
    }

    private int? FindForeign(ImmutableArray<int> tokens)
    {
        foreach (var token in tokens.IsDefault ? [] : tokens)
            if ((uint)token >= (uint)vocabularySize)
                return token;
        return null;
    }

    private void CheckRow(StageStep step, int index)
    {
        var row = step.Rows[index];
        if ((uint)row.Sequence >= (uint)settings.MaxSequences)
            throw Refuse(step, $"row {index} names slot {row.Sequence}, but MaxSequences is {settings.MaxSequences}");
        ref var slot = ref _afterRows[row.Sequence];
        if (!slot.IsOpen)
            throw Refuse(step, $"row {index} belongs to slot {row.Sequence}, which is not open");
        if (row.Position != slot.Length)
            throw Refuse(step, $"row {index} has position {row.Position}, but the next one of slot {row.Sequence} is {slot.Length}");
        if (row.Position < slot.WindowedFrom)
            throw Refuse(
                step, $"row {index} has position {row.Position}, but slot {row.Sequence} was filled up to position {slot.WindowedFrom} and " +
                "holds no more before it than the sliding windows reached from there");
        if (row.Position >= settings.MaxSequenceTokens)
            throw Refuse(step, $"row {index} has position {row.Position}, but MaxSequenceTokens is {settings.MaxSequenceTokens}");
        if (info.IsFirst && (uint)row.Token >= (uint)vocabularySize)
            throw Refuse(step, $"row {index} is token {row.Token}, but the vocabulary has {vocabularySize}");
        slot = slot.Append(1, ref _nextRun);
    }

    private void CheckHidden(StageStep step)
    {
        var rows = step.Rows.IsDefault ? 0 : step.Rows.Length;
        if (step.Hidden is not { } hidden)
        {
            if (!info.IsFirst && rows > 0)
                throw Refuse(step, "rows without hidden states, but only the first stage looks tokens up");
            return;
        }
        if (info.IsFirst)
            throw Refuse(step, "hidden states for the first stage, which looks tokens up");
        if (hidden.Rows != rows || hidden.Width != info.HiddenWidth)
            throw Refuse(step, $"hidden states of [{hidden.Rows}, {hidden.Width}], but [{rows}, {info.HiddenWidth}] are due");
        var bad = FiniteScan.IndexOfNonFinite(hidden.Values);
        if (bad >= 0)
            throw Refuse(step, $"the hidden state of row {bad / hidden.Width} has {hidden.Values[bad]} at index {bad % hidden.Width}");
    }

    private EngineException Refuse(StageStep step, string reason) => new($"{engineName}: step {step.StepNumber} was refused: {reason}.");

    private static SlotCells[] Closed(int slots)
    {
        var closed = new SlotCells[slots];
        Array.Fill(closed, SlotCells.Closed);
        return closed;
    }
}
