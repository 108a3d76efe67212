namespace E2LLM.Scheduling.Prefixes;

/// <summary>A slot whose request has ended, and that is kept for the beginning of its prompt.</summary>
internal sealed class KeptPrefix(int slot, int cells, bool isAlone)
{
    public int Slot => slot;

    /// <summary>Positions that are kept, and the cells that are reserved for them.</summary>
    public int Cells => cells;

    /// <summary>It was read as in an empty replica.</summary>
    public bool IsAlone => isAlone;

    /// <summary>Whether the stages may hold positions beyond these.</summary>
    public bool NeedsTruncate { get; set; } = true;

    /// <summary>The step that is being put together copies from it, so the same step cannot close it.</summary>
    public bool IsBeingCopied { get; set; }
}
