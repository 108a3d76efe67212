using E2LLM.Core.Weights;

namespace E2LLM.Gguf.Weights;

/// <summary>What is known of each piece of a mirror. Not thread-safe.</summary>
internal sealed class PieceStates(WeightsManifest manifest)
{
    private readonly State[] _states = new State[manifest.PieceCount];
    private readonly int[] _pins = new int[manifest.PieceCount];
    private readonly DateTime[] _usedAt = new DateTime[manifest.PieceCount];

    private enum State : byte
    {
        Absent,

        /// <summary>An earlier process left it.</summary>
        Unchecked,

        Checked,
    }

    /// <summary>Of all pieces that are here.</summary>
    public long HeldBytes { get; private set; }

    public bool IsHere(int piece) => _states[piece] != State.Absent;

    public bool IsChecked(int piece) => _states[piece] == State.Checked;

    public void Found(int piece, DateTime usedAt) => Set(piece, State.Unchecked, usedAt);

    public void Took(int piece, DateTime now) => Set(piece, State.Checked, now);

    public void Use(int piece, DateTime now) => _usedAt[piece] = now;

    /// <returns>False: it has been removed meanwhile.</returns>
    public bool TryConfirm(int piece)
    {
        if (_states[piece] == State.Absent)
            return false;
        _states[piece] = State.Checked;
        return true;
    }

    public void Remove(int piece)
    {
        if (IsHere(piece))
            HeldBytes -= manifest.Piece(piece).LengthBytes;
        _states[piece] = State.Absent;
    }

    public void Pin(int piece) => _pins[piece]++;

    public void Unpin(int piece) => _pins[piece]--;

    /// <summary>What nobody uses and was last used before a time, and of the rest, the longest unused, until so many bytes are left.</summary>
    public IReadOnlyList<int> Surplus(long maxBytes, DateTime oldest)
    {
        List<int> surplus = [];
        var left = HeldBytes;
        foreach (var piece in Enumerable.Range(0, _states.Length).Where(piece => IsHere(piece) && _pins[piece] == 0).OrderBy(piece => _usedAt[piece]))
        {
            if (left <= maxBytes && _usedAt[piece] >= oldest)
                break;
            left -= manifest.Piece(piece).LengthBytes;
            surplus.Add(piece);
        }
        return surplus;
    }

    private void Set(int piece, State state, DateTime usedAt)
    {
        if (!IsHere(piece))
            HeldBytes += manifest.Piece(piece).LengthBytes;
        (_states[piece], _usedAt[piece]) = (state, usedAt);
    }
}
