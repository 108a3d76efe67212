using System.Collections.Immutable;

namespace E2LLM.Scheduling.Prefixes;

/// <summary>
/// Prompts in slots whose beginnings new requests may share: those of running requests, and those of ended ones that are kept as long
/// as nobody needs their slots and cells.
/// </summary>
internal sealed class PrefixCache(int blockTokens)
{
    private readonly PrefixIndex _index = new(blockTokens);

    // The slots that are kept, the least recently used first.
    private readonly List<KeptPrefix> _kept = [];

    public IReadOnlyList<KeptPrefix> Kept => _kept;

    public int KeptCells => _kept.Sum(prefix => prefix.Cells);

    /// <summary>Requests that were to be read from the start.</summary>
    public long Lookups { get; private set; }

    /// <summary>Those of them that could share a prefix.</summary>
    public long Hits { get; private set; }

    /// <summary>Tokens that were shared and not read.</summary>
    public long HitTokens { get; private set; }

    /// <summary>Kept prefixes that were given up for slots or cells.</summary>
    public long Evictions { get; private set; }

    /// <summary>Notes that every stage holds the prompt of a running request.</summary>
    public void Add(int slot, ImmutableArray<int> prompt)
    {
        if (!_index.Contains(slot))
            _index.Add(slot, prompt);
    }

    /// <summary>The request in the slot has ended, and nothing of it is on the way.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="prompt">Its prompt.</param>
    /// <param name="isAlone">Whether that was read as in an empty replica.</param>
    /// <returns>The kept prefix; null where there is nothing to keep that others do not hold as well: the slot may be freed.</returns>
    public KeptPrefix? Retire(int slot, ImmutableArray<int> prompt, bool isAlone)
    {
        if (!_index.Contains(slot))
            return null;
        var cells = _index.WholeBlocks(prompt.Length);
        if (_index.Find(prompt, cells, exceptSlot: slot).Tokens == cells)
        {
            _index.Remove(slot);
            return null;
        }

        var kept = new KeptPrefix(slot, cells, isAlone);
        _kept.Add(kept);
        return kept;
    }

    /// <summary>The longest prefix that a prompt can share, less its last token at least, which has to be read for its output.</summary>
    public (int Slot, int Tokens) Share(ImmutableArray<int> prompt)
    {
        var match = _index.Find(prompt, prompt.Length - 1);
        Lookups++;
        if (match.Tokens > 0)
        {
            Hits++;
            HitTokens += match.Tokens;
            if (Use(match.Slot) is { } kept)
                kept.IsBeingCopied = true;
        }

        return match;
    }

    /// <summary>Makes what a prompt could share the last to be given up.</summary>
    public void Touch(ImmutableArray<int> prompt) => Use(_index.Find(prompt, prompt.Length - 1).Slot);

    /// <summary>The commands of a step are complete: what it copied from may be given up by the next one.</summary>
    public void EndStep()
    {
        foreach (var prefix in _kept)
            prefix.IsBeingCopied = false;
    }

    /// <summary>Gives up the kept prefix that was used longest ago. Null where there is none that this step does not copy from.</summary>
    public KeptPrefix? Evict() => Evict(prefix => !prefix.IsBeingCopied);

    /// <summary>As <see cref="Evict()"/>, of those that were read beside other requests.</summary>
    public KeptPrefix? EvictLoaded() => Evict(prefix => !prefix.IsAlone && !prefix.IsBeingCopied);

    /// <summary>Forgets a slot, kept or running; does nothing for one that is not known.</summary>
    public void Remove(int slot)
    {
        _index.Remove(slot);
        _kept.RemoveAll(prefix => prefix.Slot == slot);
    }

    private KeptPrefix? Evict(Predicate<KeptPrefix> may)
    {
        var prefix = _kept.Find(may);
        if (prefix is not null)
        {
            Remove(prefix.Slot);
            Evictions++;
        }

        return prefix;
    }

    private KeptPrefix? Use(int slot)
    {
        var at = _kept.FindIndex(prefix => prefix.Slot == slot);
        if (at < 0)
            return null;
        var prefix = _kept[at];
        _kept.RemoveAt(at);
        _kept.Add(prefix);
        return prefix;
    }
}
