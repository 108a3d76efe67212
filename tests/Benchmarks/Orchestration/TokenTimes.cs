using E2LLM.Benchmarks.Reports;

namespace E2LLM.Benchmarks.Orchestration;

/// <summary>The samples of one case over all rounds, and the processor time that they took.</summary>
internal sealed class TokenTimes
{
    private readonly List<double> _gaps = [];
    private readonly List<double> _cpuSecondsPerToken = [];
    private double _tokens;
    private double _joined;

    public double P50Seconds => Statistics.Percentile(_gaps, 0.5);

    public double P99Seconds => Statistics.Percentile(_gaps, 0.99);

    public double MeanSeconds => _gaps.Average();

    public double CpuSecondsPerToken => Statistics.Median(_cpuSecondsPerToken);

    public double JoinedShare => _joined / _tokens;

    /// <param name="round">Negative: warms up.</param>
    /// <param name="run">The only thing that this process does meanwhile.</param>
    public async Task MeasureAsync(int round, Func<Task<TokenSample>> run)
    {
        var before = Environment.CpuUsage.TotalTime;
        var sample = await run();
        var used = Environment.CpuUsage.TotalTime - before;
        if (round < 0)
            return;
        _gaps.AddRange(sample.GapSeconds);
        _cpuSecondsPerToken.Add(used.TotalSeconds / sample.Tokens);
        _tokens += sample.Tokens;
        _joined += sample.JoinedTokens;
    }
}
