using E2LLM.Benchmarks.Reports;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary>The busy shares of the stages over the rounds of one case.</summary>
internal sealed class BusyShares
{
    private readonly List<double[]> _rounds = [];

    public void Add(double[] shares) => _rounds.Add(shares);

    public override string ToString() => _rounds.Count == 0 ? "not measured" : string.Join(", ", Enumerable.Range(0, _rounds[0].Length).Select(stage =>
    {
        var shares = _rounds.Select(round => round[stage]).ToArray();
        return $"stage {stage} {Statistics.Median(shares):0.000} ({shares.Min():0.000} to {shares.Max():0.000})";
    }));
}
