using E2LLM.Scheduling.Prefixes;

namespace E2LLM.Scheduling.Batching;

/// <content>Slots that are kept for the prompts in them.</content>
internal sealed partial class SequenceTable
{
    public PrefixCache? Prefixes => _prefixes;

    /// <summary>Notes what the stages hold of a sequence now.</summary>
    public void OnConfirmed(SequenceState sequence)
    {
        var prompt = sequence.Request.Request.PromptTokens;
        if (sequence.KeepsPrefix && sequence.Confirmed >= prompt.Length)
            _prefixes?.Add(sequence.Slot, prompt);
    }

    /// <summary>A stage has lost its cache: nothing that is in a slot can be shared.</summary>
    public void ForgetPrefixes()
    {
        if (_prefixes is null)
            return;
        foreach (var sequence in _sequences)
        {
            sequence.KeepsPrefix = false;
            _prefixes.Remove(sequence.Slot);
        }

        foreach (var prefix in _prefixes.Kept.ToArray())
        {
            _prefixes.Remove(prefix.Slot);
            Close(prefix);
        }
    }

    private bool TryKeepPrefix(SequenceState sequence)
    {
        if (!sequence.KeepsPrefix || _prefixes?.Retire(sequence.Slot, sequence.Request.Request.PromptTokens, sequence.IsAlone) is not { } kept)
            return false;
        _budget.Shrink(kept.Slot, kept.Cells);
        return true;
    }

    /// <summary>A slot that the lost steps opened holds nothing; one that they truncated may hold too much.</summary>
    private void RollBackPrefixes(HashSet<int> truncatedSlots)
    {
        if (_prefixes is null)
            return;
        foreach (var slot in _slotsToClose)
            if (_prefixes.Kept.Any(prefix => prefix.Slot == slot))
                _budget.Release(slot);
        foreach (var slot in _slotsToClose)
            _prefixes.Remove(slot);
        foreach (var prefix in _prefixes.Kept)
            prefix.NeedsTruncate |= truncatedSlots.Contains(prefix.Slot);
    }

    private bool HasRoom(int cells)
    {
        if (_sequences.Count >= limit.Sequences)
            return false;
        if (_prefixes is null)
            return _budget.CanReserve(cells);
        var evictable = _prefixes.Kept.Where(prefix => !prefix.IsBeingCopied).ToArray();
        return (_budget.HasFreeSlot || evictable.Length > 0) && cells <= _budget.FreeCells + evictable.Sum(prefix => prefix.Cells);
    }

    private void EvictPrefix()
    {
        if (_prefixes?.Evict() is { } prefix)
            Close(prefix);
    }

    private void EvictLoadedPrefixes()
    {
        while (_prefixes?.EvictLoaded() is { } prefix)
            Close(prefix);
    }

    private void Close(KeptPrefix prefix)
    {
        _budget.Release(prefix.Slot);
        _slotsToClose.Add(prefix.Slot);
    }
}
