namespace E2LLM.Cli.Simulating.Plots;

/// <summary>Equal parts of a run, into which intervals are summed up.</summary>
/// <param name="endSeconds">Of the run.</param>
/// <param name="bins">How many.</param>
internal sealed class TimelineBins(double endSeconds, int bins)
{
    private const int Kinds = 4;

    /// <summary>Runs of neighbours that look alike; none where nothing happened.</summary>
    /// <param name="intervals">From, to, and one of four kinds.</param>
    /// <param name="step">What is told apart of a share.</param>
    /// <returns>From, to, the share of the time that is covered, and the kind that covers most of it.</returns>
    public IEnumerable<(double From, double To, double Share, int Kind)> Merge(IEnumerable<(double From, double To, int Kind)> intervals, double step)
    {
        var seconds = Sum(intervals);
        var width = endSeconds / bins;
        (int Bin, double Share, int Kind)? open = null;
        for (var bin = 0; bin <= bins; bin++)
        {
            var share = 0.0;
            var kind = 0;
            for (var candidate = 0; bin < bins && candidate < Kinds; candidate++)
            {
                share += seconds[bin, candidate] / width;
                kind = seconds[bin, candidate] > seconds[bin, kind] ? candidate : kind;
            }
            // What is seldom is seen, too.
            share = share > 0 ? Math.Clamp(step * Math.Round(share / step), step, 1) : 0;
            if (open is { } last && (last.Share != share || last.Kind != kind))
            {
                yield return (last.Bin * width, bin * width, last.Share, last.Kind);
                open = null;
            }
            if (share > 0)
                open ??= (bin, share, kind);
        }
    }

    private double[,] Sum(IEnumerable<(double From, double To, int Kind)> intervals)
    {
        var seconds = new double[bins, Kinds];
        var width = endSeconds / bins;
        foreach (var (from, to, kind) in intervals)
            for (var bin = Math.Max(0, (int)(from / width)); bin < bins && bin * width < to; bin++)
                seconds[bin, kind] += Math.Max(0, Math.Min(to, (bin + 1) * width) - Math.Max(from, bin * width));
        return seconds;
    }
}
