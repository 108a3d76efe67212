namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Slots and KV cells of a replica. No row is issued without a cell that is reserved for it, so the engines never run out of cells.
/// </summary>
internal sealed class KvBudget(int cells, int slots)
{
    // Cells by slot; 0 is a free slot, since a request needs at least two cells.
    private readonly int[] _reserved = new int[slots];

    public int Cells => cells;

    public int ReservedCells { get; private set; }

    public bool CanReserve(int neededCells) => _reserved.Contains(0) && neededCells <= cells - ReservedCells;

    /// <summary>Takes the lowest free slot.</summary>
    /// <returns>The slot, or -1 where slots or cells are short.</returns>
    public int TryReserve(int neededCells)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neededCells, 1);
        var slot = Array.IndexOf(_reserved, 0);
        if (slot < 0 || neededCells > cells - ReservedCells)
            return -1;
        _reserved[slot] = neededCells;
        ReservedCells += neededCells;
        return slot;
    }

    /// <summary>Reserves more cells for a slot that is taken, as many as are wanted and free.</summary>
    /// <returns>How many.</returns>
    public int Grow(int slot, int wantedCells)
    {
        var granted = Math.Min(wantedCells, cells - ReservedCells);
        _reserved[slot] += granted;
        ReservedCells += granted;
        return granted;
    }

    /// <exception cref="InvalidOperationException">The slot is free.</exception>
    public void Release(int slot)
    {
        if (_reserved[slot] == 0)
            throw new InvalidOperationException($"Slot {slot} is free already.");
        ReservedCells -= _reserved[slot];
        _reserved[slot] = 0;
    }
}
