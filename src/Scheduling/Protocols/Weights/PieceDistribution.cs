namespace E2LLM.Scheduling.Protocols.Weights;

/// <summary>
/// Shares the pieces that are wanted out among those who hold them. A piece is asked from one holder at a time; one that does not come, or comes
/// wrong, is asked from another. A holder that gave a wrong piece is asked for nothing more. Not thread-safe.
/// </summary>
/// <param name="wanted">In the order in which they are best asked for.</param>
public sealed class PieceDistribution(IEnumerable<int> wanted)
{
    private readonly List<int> _waiting = [.. wanted];
    private readonly HashSet<int> _asked = [];
    private readonly Dictionary<string, Func<int, bool>> _holders = [];
    private readonly HashSet<(string, int)> _absent = [];
    private readonly HashSet<string> _avoided = [];

    /// <summary>Whether every piece has come.</summary>
    public bool IsDone => _waiting.Count == 0 && _asked.Count == 0;

    /// <summary>Pieces that have not come.</summary>
    public int LeftCount => _waiting.Count + _asked.Count;

    /// <summary>Holders that gave a piece that was none.</summary>
    public IReadOnlyCollection<string> Avoided => _avoided;

    /// <summary>Says what a holder has; later words replace earlier ones.</summary>
    public void Knows(string holder, Func<int, bool> has)
    {
        _holders[holder] = has;
        _absent.RemoveWhere(absent => absent.Item1 == holder);
    }

    /// <summary>A piece for this holder to be asked for; null where there is none that it has and nobody else was asked for.</summary>
    public int? Take(string holder)
    {
        if (_avoided.Contains(holder) || !_holders.TryGetValue(holder, out var has))
            return null;
        var index = _waiting.FindIndex(piece => has(piece) && !_absent.Contains((holder, piece)));
        if (index < 0)
            return null;
        var taken = _waiting[index];
        _waiting.RemoveAt(index);
        _asked.Add(taken);
        return taken;
    }

    /// <summary>A piece has come, and is right.</summary>
    public void Came(int piece) => _asked.Remove(piece);

    /// <summary>The holder has not got it after all.</summary>
    public void IsAbsent(string holder, int piece)
    {
        _absent.Add((holder, piece));
        GiveBack(piece);
    }

    /// <summary>What the holder gave is not the piece.</summary>
    public void IsWrong(string holder, int piece)
    {
        _avoided.Add(holder);
        GiveBack(piece);
    }

    /// <summary>It did not come: the connection broke.</summary>
    public void GiveBack(int piece)
    {
        if (_asked.Remove(piece))
            _waiting.Insert(0, piece);
    }
}
