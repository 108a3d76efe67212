using System.Runtime.InteropServices;

namespace E2LLM.Inference.Kv;

/// <summary>
/// V between one row a position, as blocks have it, and one row an element, as a cache without flash attention has it. Elements have
/// 2 or 4 bytes: llama.cpp quantises V with flash attention alone.
/// </summary>
internal static class KvTransposition
{
    /// <param name="elements">[elements of a position, cells].</param>
    /// <param name="cells">Cells of the state.</param>
    /// <param name="firstCell">The cell of the first row.</param>
    /// <param name="rows">Gets [rows, elements of a position].</param>
    /// <param name="elementBytes">2 or 4.</param>
    public static void ToRows(ReadOnlySpan<byte> elements, int cells, int firstCell, Span<byte> rows, int elementBytes)
    {
        if (elementBytes == sizeof(ushort))
            ToRows(Of<ushort>(elements), cells, firstCell, Of<ushort>(rows));
        else
            ToRows(Of<uint>(elements), cells, firstCell, Of<uint>(rows));
    }

    /// <param name="rows">[rows, elements of a position].</param>
    /// <param name="elements">Gets them, as [elements of a position, cells].</param>
    /// <param name="cells">Cells of the state.</param>
    /// <param name="firstCell">The cell of the first row.</param>
    /// <param name="elementBytes">2 or 4.</param>
    public static void ToElements(ReadOnlySpan<byte> rows, Span<byte> elements, int cells, int firstCell, int elementBytes)
    {
        if (elementBytes == sizeof(ushort))
            ToElements(Of<ushort>(rows), Of<ushort>(elements), cells, firstCell);
        else
            ToElements(Of<uint>(rows), Of<uint>(elements), cells, firstCell);
    }

    private static void ToRows<T>(ReadOnlySpan<T> elements, int cells, int firstCell, Span<T> rows)
    {
        var width = elements.Length / cells;
        for (var element = 0; element < width; element++)
            for (int at = element, cell = firstCell; at < rows.Length; at += width, cell++)
                rows[at] = elements[element * cells + cell];
    }

    private static void ToElements<T>(ReadOnlySpan<T> rows, Span<T> elements, int cells, int firstCell)
    {
        var width = elements.Length / cells;
        for (var element = 0; element < width; element++)
            for (int at = element, cell = firstCell; at < rows.Length; at += width, cell++)
                elements[element * cells + cell] = rows[at];
    }

    private static ReadOnlySpan<T> Of<T>(ReadOnlySpan<byte> bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(bytes);

    private static Span<T> Of<T>(Span<byte> bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(bytes);
}
