namespace E2LLM.Benchmarks.Reports;

/// <summary>
/// Cases that are run in turn, one after the other in every round, so that a machine that slows down slows all of them. Figures are
/// medians over the rounds.
/// </summary>
internal sealed class InterleavedCases((string Name, Func<int, Task<double>> Run)[] cases)
{
    private readonly List<double>[] _results = [.. cases.Select(_ => new List<double>())];

    /// <param name="rounds">Those that count; one more comes before them, to warm up, and is called round -1.</param>
    public async Task RunAsync(int rounds)
    {
        for (var round = -1; round < rounds; round++)
            for (var index = 0; index < cases.Length; index++)
            {
                var result = await cases[index].Run(round);
                // For whoever waits: a round may take minutes.
                await Console.Error.WriteLineAsync($"round {round}, {cases[index].Name}: {result:0.00}");
                if (round >= 0)
                    _results[index].Add(result);
            }
    }

    public double Median(int index) => Statistics.Median(_results[index]);

    public double Ratio(int index, int to) => Median(index) / Median(to);

    /// <param name="label">What the lines have in common.</param>
    /// <param name="unit">Of the figures.</param>
    /// <param name="references">Cases that each case is divided by, with their short names.</param>
    public void Print(string label, string unit, params (int Case, string Name)[] references)
    {
        for (var index = 0; index < cases.Length; index++)
        {
            var ratios = references.Select(reference => $"{reference.Name} {Ratio(index, reference.Case):0.000}");
            Console.WriteLine($"{label}  {cases[index].Name,-30} {string.Join("  ", ratios)}" +
                $"  {Median(index),7:0.00} {unit}  ({_results[index].Min():0.00} to {_results[index].Max():0.00})");
        }
    }
}
