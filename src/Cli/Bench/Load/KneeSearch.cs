namespace E2LLM.Cli.Bench.Load;

/// <summary>
/// Finds the knee: the highest load at which the required share of the requests still meets the objectives. Doubles the load until it
/// is too much, then halves the ratio between the last good and the first bad load.
/// </summary>
/// <param name="isWhole">Loads are whole numbers.</param>
/// <param name="maxPoints">Loads that are tried at most.</param>
internal sealed class KneeSearch(double first, bool isWhole, double requiredAttainment, int maxPoints)
{
    private const int Refinements = 3;

    private double? _bad;
    private int _points;
    private int _refinements;

    /// <summary>Highest load so far that kept the objectives; null for none.</summary>
    public double? Knee { get; private set; }

    /// <summary>Whether a load was found that is too much: without one, the knee is only a lower bound.</summary>
    public bool IsBracketed => Knee is not null && _bad is not null;

    /// <summary>The load to try next; null at the end.</summary>
    public double? Next()
    {
        if (_points == maxPoints)
            return null;
        double next;
        if (_points == 0)
        {
            next = first;
        }
        else if (_bad is not { } bad)
        {
            next = Knee!.Value * 2;
        }
        else if (Knee is not { } good)
        {
            return null; // The first load was too much already: where to look below it, only the user knows.
        }
        else
        {
            next = isWhole ? Math.Floor((good + bad) / 2) : Math.Sqrt(good * bad);
            if (_refinements++ == Refinements || next <= good)
                return null;
        }
        return next;
    }

    /// <summary>What came of the load that <see cref="Next"/> gave.</summary>
    public void Report(double load, double attainment)
    {
        _points++;
        if (attainment >= requiredAttainment)
            Knee = Math.Max(Knee ?? 0, load);
        else
            _bad = Math.Min(_bad ?? double.PositiveInfinity, load);
    }
}
