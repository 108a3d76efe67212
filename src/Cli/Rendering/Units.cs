using System.Globalization;

namespace E2LLM.Cli.Rendering;

/// <summary>Numbers for people.</summary>
internal static class Units
{
    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => $"{bytes / 1024.0:0.0} KiB",
        < 1 << 30 => $"{bytes / 1048576.0:0.0} MiB",
        _ => $"{bytes / 1073741824.0:0.00} GiB",
    };

    public static string Seconds(double seconds) => seconds switch
    {
        < 1e-3 => $"{seconds * 1e6:0} µs",
        < 1 => $"{seconds * 1e3:0.0} ms",
        _ => $"{seconds:0.00} s",
    };

    public static string Seconds(double? seconds) => seconds is { } value ? Seconds(value) : "-";

    /// <summary>Several in the unit of the greatest: "0.1 / 2.0 / 13.5 ms".</summary>
    public static string Seconds(IReadOnlyCollection<double> seconds)
    {
        var (unit, perSecond, format) = seconds.Max() switch
        {
            < 1e-3 => ("µs", 1e6, "0"),
            < 1 => ("ms", 1e3, "0.0"),
            _ => ("s", 1.0, "0.00"),
        };
        return $"{string.Join(" / ", seconds.Select(value => (value * perSecond).ToString(format, CultureInfo.CurrentCulture)))} {unit}";
    }

    public static string Bandwidth(double bytesPerSecond) =>
        double.IsPositiveInfinity(bytesPerSecond) ? "unlimited" : $"{bytesPerSecond * 8 / 1e6:0.#} Mbit/s";
}
