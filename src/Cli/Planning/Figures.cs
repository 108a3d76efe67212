using E2LLM.Cli.Rendering;
using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Planning;

/// <summary>Figures for people. What is not finite is a word.</summary>
internal static class Figures
{
    private const double Minute = 60;
    private const double Hour = 60 * Minute;
    private const double Day = 24 * Hour;

    public static string Seconds(double? seconds) => seconds switch
    {
        null => "-",
        { } value when !double.IsFinite(value) => "without end",
        0 => "0 s",
        < 0.5e-6 => "<1 µs",
        < 1e-3 => $"{seconds * 1e6:0} µs",
        < 1 => $"{Digits(seconds.Value * 1e3)} ms",
        < 10 * Minute => $"{Digits(seconds.Value)} s",
        < 2 * Hour => $"{seconds / Minute:0.0} min",
        < 2 * Day => $"{seconds / Hour:0.0} h",
        _ => $"{seconds / Day:0.0} days",
    };

    /// <summary>With three significant digits; a slow replica's rate must not become 0.00.</summary>
    public static string Rate(double? perSecond) => perSecond is { } value && double.IsFinite(value) ? $"{(value < 1000 ? $"{value:G3}" : $"{value:0}")}/s" : "-";

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 20 => $"{Digits(bytes / 1024.0)} KiB",
        < 1 << 30 => $"{Digits(bytes / 1048576.0)} MiB",
        _ => $"{Digits(bytes / 1073741824.0)} GiB",
    };

    public static string Percent(double? percent) => percent switch
    {
        { } value when double.IsFinite(value) => value < 10 ? $"{value:0.##} %" : $"{value:0} %",
        _ => "-",
    };

    /// <summary>"1 device", "2 devices".</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    public static string Layers(int first, int count) => count == 1 ? $"{first}" : $"{first}-{first + count - 1}";

    /// <summary>All of a large device's name does not fit a table; alike devices differ at its end.</summary>
    public static string Shorten(string name, int characters) =>
        name.Length <= characters ? name : $"{name[..(characters - 6)]}…{name[^5..]}";

    public static string Bandwidth(LinkSpec link) => link.BandwidthBytesPerSecond >= 1.25e8
        ? double.IsPositiveInfinity(link.BandwidthBytesPerSecond) ? "unlimited" : $"{link.BandwidthBytesPerSecond * 8 / 1e9:0.#} Gbit/s"
        : Units.Bandwidth(link.BandwidthBytesPerSecond);

    private static string Digits(double value) => value switch
    {
        >= 100 => $"{value:0}",
        >= 10 => $"{value:0.0}",
        _ => $"{value:0.00}",
    };
}
