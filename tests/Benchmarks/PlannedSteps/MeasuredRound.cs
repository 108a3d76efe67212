using E2LLM.Benchmarks.Load;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>One answer alone, then as many at once as the replica takes, and a profile right after them.</summary>
/// <param name="StageSeconds">Of a step of one row, by stage.</param>
/// <param name="AloneSeconds">From token to token of an answer alone.</param>
/// <param name="FullSeconds">From token to token while all answers were being written; not a number where one is all.</param>
/// <param name="Again">What the cost model says by the profile that came after.</param>
/// <param name="ForeignProcessors">Processors that other processes used.</param>
internal sealed record MeasuredRound(double[] StageSeconds, double AloneSeconds, double FullSeconds, PlannedTimes Again, double ForeignProcessors)
{
    public static MeasuredRound Of(TimedAnswer alone, TimedAnswer[] full, PlannedTimes again, double foreignProcessors) => new(
        [.. alone.Timeline!.Devices.Select(device => device.DecodeSeconds / (alone.ArrivalSeconds.Count - 1))],
        TokenSeconds([alone]),
        TokenSeconds(full),
        again,
        foreignProcessors);

    /// <summary>Mean gap of all answers while all of them were being written.</summary>
    private static double TokenSeconds(TimedAnswer[] answers)
    {
        if (answers.Length == 0)
            return double.NaN;
        var (from, to) = (answers.Max(answer => answer.FirstTokenSeconds), answers.Min(answer => answer.ArrivalSeconds[^1]));
        return answers.SelectMany(answer => answer.GapsWithin(from, to)).DefaultIfEmpty(double.NaN).Average();
    }
}
