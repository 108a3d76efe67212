using System.Collections.Immutable;

namespace E2LLM.Inference.Kv;

/// <summary>
/// How long a sequence slot is and which KV cells it holds. Slots share cells after a prefix was copied, and a cell is in use while
/// any slot has it, as in a unified cache of llama.cpp.
/// </summary>
/// <remarks>
/// Copies are prefixes and truncations cut ends, so every slot that holds a part of a run holds it from the run's start, and the
/// longest part says how many of the run's cells are in use.
/// </remarks>
internal readonly record struct SlotCells
{
    public static readonly SlotCells Closed = new() { Length = -1, Runs = [] };

    public static readonly SlotCells Empty = new() { Length = 0, Runs = [] };

    /// <summary>Positions held; negative for a closed slot.</summary>
    public required int Length { get; init; }

    /// <summary>From here on a row finds all that its sliding windows reach; 0 where every position is held in full.</summary>
    public int WindowedFrom { get; init; }

    public bool IsOpen => Length >= 0;

    private ImmutableArray<CellRun> Runs { get; init; }

    // Whether new rows belong to the last run. Nobody else may then hold positions of it beyond this slot's end.
    private bool ExtendsLastRun { get; init; }

    private bool IsCopied { get; init; }

    /// <summary>Cells that the slots hold together.</summary>
    public static int CountCells(ReadOnlySpan<SlotCells> slots)
    {
        var cells = 0;
        var longest = new Dictionary<long, int>(slots.Length);
        foreach (var slot in slots)
            for (var index = 0; index < slot.Runs.Length; index++)
            {
                var run = slot.Runs[index];
                var held = (index + 1 < slot.Runs.Length ? slot.Runs[index + 1].Start : slot.Length) - run.Start;
                var counted = longest.GetValueOrDefault(run.Id);
                if (held <= counted)
                    continue;
                cells += held - counted;
                longest[run.Id] = held;
            }
        return cells;
    }

    /// <param name="positions">More of them.</param>
    /// <param name="nextRun">The id of a run that may have to be opened; then moved on.</param>
    public SlotCells Append(int positions, ref long nextRun)
    {
        if (ExtendsLastRun)
            return this with { Length = Length + positions };
        return this with { Length = Length + positions, Runs = Runs.Add(new CellRun(nextRun++, Length)), ExtendsLastRun = true, IsCopied = false };
    }

    public SlotCells Truncate(int length)
    {
        if (length >= Length)
            return this;
        var runs = Runs.RemoveAll(run => run.Start >= length);
        // A copy may hold cells of this run that the slot has just given up.
        return this with
        {
            Length = length,
            WindowedFrom = length == 0 ? 0 : WindowedFrom,
            Runs = runs,
            ExtendsLastRun = ExtendsLastRun && runs.Length == Runs.Length && !IsCopied,
        };
    }

    /// <summary>The slot after somebody else has taken a prefix of it.</summary>
    public SlotCells AsCopied() => this with { IsCopied = true };

    /// <summary>An equal prefix in another slot.</summary>
    public SlotCells Prefix(int length) => Truncate(length) with { ExtendsLastRun = false };
}
