namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Slots and KV cells of a replica. No row is issued without a cell that is reserved for it, so the engines never run out of cells.
/// </summary>
internal sealed class KvBudget(int cells, int slots)
{
    // Cells by slot; 0 is a free slot, since a request needs at least two cells.
    private readonly int[] _reserved = new int[slots];

    public int ReservedCells { get; private set; }

    public int FreeCells => cells - ReservedCells;

    public bool HasFreeSlot => _reserved.Contains(0);

    public bool CanReserve(int neededCells) => HasFreeSlot && neededCells <= FreeCells;

    /// <summary>Takes the lowest free slot.</summary>
    /// <exception cref="InvalidOperationException">Slots or cells are short.</exception>
    public int Reserve(int neededCells)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neededCells, 1);
        if (!CanReserve(neededCells))
            throw new InvalidOperationException($"No slot with {neededCells} cells is free.");
        var slot = Array.IndexOf(_reserved, 0);
        _reserved[slot] = neededCells;
        ReservedCells += neededCells;
        return slot;
    }

    /// <summary>Reserves more cells for a slot that is taken, as many as are wanted and free.</summary>
    /// <returns>How many.</returns>
    public int Grow(int slot, int wantedCells)
    {
        var granted = Math.Min(wantedCells, FreeCells);
        _reserved[slot] += granted;
        ReservedCells += granted;
        return granted;
    }

    /// <summary>Leaves a slot that is taken some of its cells.</summary>
    public void Shrink(int slot, int keptCells)
    {
        ReservedCells -= _reserved[slot] - keptCells;
        _reserved[slot] = keptCells;
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
