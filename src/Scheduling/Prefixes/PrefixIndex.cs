using System.Collections.Immutable;

namespace E2LLM.Scheduling.Prefixes;

/// <summary>
/// Finds the slot that holds the longest beginning of a text, in whole blocks of tokens. Each block has a hash of itself and all before
/// it, so a look-up takes one step a block; the tokens are compared before a match counts.
/// </summary>
internal sealed class PrefixIndex(int blockTokens)
{
    private readonly Dictionary<ulong, List<Entry>> _byHash = [];
    private readonly Dictionary<int, Entry> _bySlot = [];

    private sealed record Entry(int Slot, ImmutableArray<int> Tokens, int Length);

    /// <summary>Tokens of the whole blocks at the beginning of a text.</summary>
    public int WholeBlocks(int tokens) => tokens / blockTokens * blockTokens;

    public bool Contains(int slot) => _bySlot.ContainsKey(slot);

    /// <summary>Notes that a slot holds the whole blocks at the beginning of a text. A text below one block is not noted.</summary>
    /// <exception cref="ArgumentException">The slot is noted already.</exception>
    public void Add(int slot, ImmutableArray<int> tokens)
    {
        var entry = new Entry(slot, tokens, WholeBlocks(tokens.Length));
        if (entry.Length == 0)
            return;
        _bySlot.Add(slot, entry);
        foreach (var hash in Hashes(tokens, entry.Length))
            (_byHash.TryGetValue(hash, out var entries) ? entries : _byHash[hash] = []).Add(entry);
    }

    /// <summary>Forgets a slot; does nothing for one that is not noted.</summary>
    public void Remove(int slot)
    {
        if (!_bySlot.Remove(slot, out var entry))
            return;
        foreach (var hash in Hashes(entry.Tokens, entry.Length))
            if (_byHash[hash] is { Count: > 1 } entries)
                entries.Remove(entry);
            else
                _byHash.Remove(hash);
    }

    /// <summary>The longest match.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="maxTokens">How much of it may be matched.</param>
    /// <param name="exceptSlot">A slot that does not count.</param>
    /// <returns>A slot, and how many tokens it shares with the text in whole blocks; -1 and 0 where there is none.</returns>
    public (int Slot, int Tokens) Find(ImmutableArray<int> tokens, int maxTokens, int exceptSlot = -1)
    {
        var best = (Slot: -1, Tokens: 0);
        var length = 0;
        foreach (var hash in Hashes(tokens, WholeBlocks(Math.Min(maxTokens, tokens.Length))))
        {
            length += blockTokens;
            if (!_byHash.TryGetValue(hash, out var entries))
                break;
            foreach (var entry in entries)
                if (entry.Slot != exceptSlot && tokens.AsSpan(0, length).SequenceEqual(entry.Tokens.AsSpan(0, length)))
                {
                    best = (entry.Slot, length);
                    break;
                }
        }

        return best;
    }

    /// <summary>FNV-1a, one token at a time: the same in every process, unlike <see cref="HashCode"/>.</summary>
    private IEnumerable<ulong> Hashes(ImmutableArray<int> tokens, int length)
    {
        var hash = 14695981039346656037UL;
        for (var position = 0; position < length;)
        {
            hash = (hash ^ (uint)tokens[position]) * 1099511628211UL;
            if (++position % blockTokens == 0)
                yield return hash;
        }
    }
}
