using System.Globalization;
using E2LLM.Simulation.Churn;

namespace E2LLM.Cli.Simulating.Inputs;

/// <summary>Events of devices as the command line has them: <c>device@seconds</c>, of those that slow down <c>device@seconds:factor</c>, separated by commas.</summary>
internal static class FleetEventText
{
    private const double MaxSeconds = 1e9;
    private const double MaxFactor = 1e6;

    /// <returns>Null where the text holds no such events.</returns>
    public static FleetEvent[]? Parse(string text, FleetEventKind kind)
    {
        var events = new List<FleetEvent>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var at = part.LastIndexOf('@');
            if (at <= 0)
                return null;
            var numbers = part[(at + 1)..].Split(':');
            if (numbers.Length != (kind == FleetEventKind.Slows ? 2 : 1) || Number(numbers[0], MaxSeconds) is not { } seconds)
                return null;
            if (Number(numbers.Length > 1 ? numbers[1] : "1", MaxFactor) is not { } factor || factor == 0)
                return null;
            events.Add(new FleetEvent(seconds, part[..at], kind, factor));
        }
        return [.. events];
    }

    private static double? Number(string text, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= most ? value : null;
}
