namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Slots and KV cells of a replica. A request takes one slot and all the cells that it can come to need, so that a running sequence
/// never runs out of cells.
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

    /// <exception cref="InvalidOperationException">The slot is free.</exception>
    public void Release(int slot)
    {
        if (_reserved[slot] == 0)
            throw new InvalidOperationException($"Slot {slot} is free already.");
        ReservedCells -= _reserved[slot];
        _reserved[slot] = 0;
    }
}
