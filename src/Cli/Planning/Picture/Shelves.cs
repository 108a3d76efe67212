namespace E2LLM.Cli.Planning.Picture;

/// <summary>Places boxes in their order, from left to right in rows as high as their highest box, so that none overlaps another.</summary>
internal static class Shelves
{
    private const double Gap = 18;

    public static IReadOnlyList<(IPictureBox Box, double X, double Y)> Place(
        IEnumerable<IPictureBox> boxes, double left, double top, double width, out double bottom)
    {
        var placed = new List<(IPictureBox, double, double)>();
        var (x, y, row) = (left, top, 0.0);
        foreach (var box in boxes)
        {
            if (x > left && x + box.Width > left + width)
                (x, y, row) = (left, y + row + Gap, 0);
            placed.Add((box, x, y));
            x += box.Width + Gap;
            row = Math.Max(row, box.Height);
        }
        bottom = y + row;
        return placed;
    }
}
