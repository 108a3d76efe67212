using System.Collections.Frozen;
using System.Globalization;

namespace E2LLM.Planning.FleetFiles;

/// <summary>A kind of figure that people write with a unit: "512 MiB", "1 Gbit/s", "0.3 ms".</summary>
internal sealed class Quantity
{
    public static readonly Quantity Memory = new("512 MiB", new()
    {
        ["B"] = 1,
        ["KB"] = 1e3, ["MB"] = 1e6, ["GB"] = 1e9, ["TB"] = 1e12,
        ["KiB"] = 1L << 10, ["MiB"] = 1L << 20, ["GiB"] = 1L << 30, ["TiB"] = 1L << 40,
    });

    public static readonly Quantity Bandwidth = new("1 Gbit/s", new()
    {
        ["bit/s"] = 1 / 8.0, ["kbit/s"] = 1e3 / 8, ["Mbit/s"] = 1e6 / 8, ["Gbit/s"] = 1e9 / 8,
        ["B/s"] = 1, ["KB/s"] = 1e3, ["MB/s"] = 1e6, ["GB/s"] = 1e9,
        ["KiB/s"] = 1L << 10, ["MiB/s"] = 1L << 20, ["GiB/s"] = 1L << 30,
    });

    public static readonly Quantity Time = new("0.3 ms", new() { ["s"] = 1, ["ms"] = 1e-3, ["us"] = 1e-6 });

    public static readonly Quantity Share = new("0.5 %", new() { ["%"] = 0.01 });

    private readonly FrozenDictionary<string, double> _units;

    private Quantity(string example, Dictionary<string, double> units)
    {
        Expected = $"a number and a unit such as \"{example}\" (units: {string.Join(", ", units.Keys)})";
        _units = units.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>What a valid value looks like, for messages.</summary>
    public string Expected { get; }

    /// <summary>The value in bytes, bytes per second, seconds or as a share of 1.</summary>
    public bool TryParse(string text, out double value)
    {
        var split = text.AsSpan().Trim().IndexOfAnyExcept("0123456789.");
        var trimmed = text.Trim();
        value = 0;
        if (split <= 0
            || !double.TryParse(trimmed[..split], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || !_units.TryGetValue(trimmed[split..].Trim(), out var factor))
            return false;
        value = number * factor;
        return true;
    }
}
