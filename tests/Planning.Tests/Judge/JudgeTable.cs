namespace E2LLM.Planning.Tests.Judge;

/// <summary>Measured points read as the documentation says: straight lines between them, flat below the first, the last slope beyond the last.</summary>
internal static class JudgeTable
{
    public static double At((double Size, double Seconds)[] points, double size)
    {
        if (points.Length == 1)
            return points[0].Seconds * Math.Max(1, size / points[0].Size);
        if (size <= points[0].Size)
            return points[0].Seconds;
        var right = Array.FindIndex(points, point => point.Size >= size);
        if (right < 0)
            return Math.Max(points[^1].Seconds, Line(points[^2], points[^1], size));
        return Line(points[right - 1], points[right], size);
    }

    /// <summary>Points by batch at several contexts: straight in the context, and nowhere below both of the contexts that it lies between or beyond.</summary>
    public static double At((double Context, (double Size, double Seconds)[] Points)[] tables, double size, double context)
    {
        if (tables.Length == 1)
            return At(tables[0].Points, size);
        var right = Array.FindIndex(tables, table => table.Context >= context) switch { -1 => tables.Length - 1, var found => Math.Max(1, found) };
        var (low, high) = (At(tables[right - 1].Points, size), At(tables[right].Points, size));
        var line = Line((tables[right - 1].Context, low), (tables[right].Context, high), Math.Max(context, tables[right - 1].Context));
        return Math.Max(Math.Min(low, high), line);
    }

    private static double Line((double Size, double Seconds) left, (double Size, double Seconds) right, double size) =>
        left.Seconds + (right.Seconds - left.Seconds) * (size - left.Size) / (right.Size - left.Size);
}
