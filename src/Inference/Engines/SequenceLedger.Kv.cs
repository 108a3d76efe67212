using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Engines;

internal sealed partial class SequenceLedger
{
    /// <exception cref="EngineException">The slot is not open or does not hold the positions.</exception>
    public void CheckExport(int sequence, int fromPosition, int toPosition)
    {
        var slot = OpenSlot(sequence);
        if (fromPosition < 0 || fromPosition >= toPosition || toPosition > slot.Length)
            throw Refuse($"positions {fromPosition} to {(long)toPosition - 1} were asked for, but slot {sequence} holds {slot.Length}");
    }

    /// <exception cref="EngineException">The slot is not open and empty, or the positions are too many for it or for the free cells.</exception>
    public void CheckImport(int sequence, int positions)
    {
        if (OpenSlot(sequence).Length > 0)
            throw Refuse($"slot {sequence} is to be filled, but holds {_slots[sequence].Length} positions already");
        if (positions < 1 || positions > settings.MaxSequenceTokens)
            throw Refuse($"slot {sequence} is to be filled with {positions} positions, but 1 to {settings.MaxSequenceTokens} (MaxSequenceTokens) are possible");
        var used = SlotCells.CountCells(_slots);
        if (positions > settings.KvCells - used)
            throw Refuse($"{positions} positions need more KV cells than are free: {used} of {settings.KvCells} (KvCells) are in use");
    }

    /// <summary>The checked positions are in the KV cache.</summary>
    public void CommitImport(int sequence, int positions) =>
        _slots[sequence] = SlotCells.Empty.Append(positions, ref _nextRun) with { WindowedFrom = WindowedFrom(positions) };

    private void CopyPrefix(StageStep step, int index, SequenceCommand command)
    {
        if ((uint)command.FromSequence >= (uint)settings.MaxSequences)
            throw Refuse(step, $"command {index} copies slot {command.FromSequence}, but MaxSequences is {settings.MaxSequences}");
        var slot = _afterCommands[command.Sequence];
        if (slot.Length != 0)
            throw Refuse(step, $"command {index} copies to slot {command.Sequence}, which is not open and empty");
        ref var source = ref _afterCommands[command.FromSequence];
        if (command.Positions < 1 || command.Positions > source.Length)
            throw Refuse(
                step, $"command {index} copies {command.Positions} positions of slot {command.FromSequence}, which " +
                (source.IsOpen ? $"holds {source.Length}" : "is not open"));
        // llama.cpp gives cells behind the windows of the source's end to others, so an earlier position may lack what its window reaches.
        if (windowTokens > 0 && command.Positions != source.Length)
            throw Refuse(
                step, $"command {index} copies {command.Positions} of the {source.Length} positions of slot {command.FromSequence}, but the " +
                "slice has layers with a sliding window, of which only all positions can be copied");
        slot = source.Prefix(command.Positions);
        _afterCommands[command.Sequence] = slot with { WindowedFrom = Math.Max(slot.WindowedFrom, WindowedFrom(slot.Length)) };
        source = source.AsCopied();
    }

    private SlotCells OpenSlot(int sequence)
    {
        if ((uint)sequence >= (uint)settings.MaxSequences)
            throw Refuse($"there is no slot {sequence}; MaxSequences is {settings.MaxSequences}");
        return _slots[sequence] is { IsOpen: true } slot ? slot : throw Refuse($"slot {sequence} is not open");
    }

    // The last position before still needs its window; a shorter sequence is there as a whole.
    private int WindowedFrom(int positions) => windowTokens > 0 && positions > windowTokens ? positions - 1 : 0;

    private EngineException Refuse(string reason) => new($"{engineName}: {reason}.");
}
