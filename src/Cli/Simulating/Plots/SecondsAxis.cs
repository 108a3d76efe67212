using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A logarithmic axis of seconds: what is shorter than its start stands at it.</summary>
internal sealed class SecondsAxis
{
    /// <summary>Two decades at least are shown, so that a small difference does not look like a large one.</summary>
    private const int FewestDecades = 2;

    /// <summary>Decades up to which the numbers between have labels of their own.</summary>
    private const int MostLabelled = 2;

    private const double Margin = 0.02;

    private readonly int _first;
    private readonly int _last;
    private readonly bool _isOpen;

    /// <param name="shortest">Of what is shown; shorter than a millisecond counts as that.</param>
    /// <param name="longest">Of what is shown.</param>
    public SecondsAxis(double shortest, double longest)
    {
        const double least = 1e-3;
        _isOpen = shortest < least;
        _first = (int)Math.Floor(Math.Log10(Math.Max(least, shortest)) + 1e-9);
        _last = Math.Max(_first + FewestDecades, (int)Math.Ceiling(Math.Log10(Math.Max(least, longest)) - 1e-9));
    }

    /// <summary>Where it stands on the axis.</summary>
    public double Place(double seconds) => Math.Log10(Math.Max(seconds, Math.Pow(10, _first)));

    public void Apply(IAxis axis)
    {
        var ticks = new NumericManual();
        for (var decade = _first; decade <= _last; decade++)
            for (var digit = 1; digit < (decade < _last ? 10 : 2); digit++)
            {
                var place = decade + Math.Log10(digit);
                if (digit == 1 || digit is 2 or 5 && _last - _first <= MostLabelled)
                    ticks.AddMajor(place, $"{(_isOpen && place == _first ? "≤" : "")}{Label(decade, digit)}");
                else
                    ticks.AddMinor(place);
            }
        axis.TickGenerator = ticks;
        // Room for the marks that stand on an end.
        axis.Min = _first - Margin * (_last - _first);
        axis.Max = _last + Margin * (_last - _first);
    }

    private static string Label(int decade, int digit) => decade < 0
        ? $"{Number(digit, decade + 3)} ms"
        : $"{Number(digit, decade)} s";

    private static string Number(int digit, int power) => (digit * Math.Pow(10, power)).ToString("0.###", CultureInfo.InvariantCulture);
}
