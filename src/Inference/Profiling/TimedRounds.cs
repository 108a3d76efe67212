namespace E2LLM.Inference.Profiling;

/// <summary>Steps that are timed in turn, one of each in every round, so that other work on the machine slows all of them and not one.</summary>
/// <remarks>
/// Times that are compared with each other (two layers with one, layers with and without the head) must not come from different moments:
/// a second in which another process ran would then count as layers or as the head, and a stage of many layers multiplies it.
/// </remarks>
internal static class TimedRounds
{
    private const int MostRounds = 15;

    /// <param name="steps">Each gives its seconds.</param>
    /// <param name="budgetSeconds">No round begins after so many seconds of steps; the first, which warms caches up and is left out, and one more are run in any case.</param>
    /// <returns>The seconds by step and round.</returns>
    public static async Task<double[][]> RunAsync(IReadOnlyList<Func<Task<double>>> steps, double budgetSeconds)
    {
        var seconds = steps.Select(_ => new List<double>()).ToArray();
        var spent = 0.0;
        for (var round = 0; round <= 1 || (round <= MostRounds && spent < budgetSeconds); round++)
            for (var index = 0; index < steps.Count; index++)
            {
                var step = await steps[index]().ConfigureAwait(false);
                spent += step;
                if (round > 0)
                    seconds[index].Add(step);
            }
        return [.. seconds.Select(samples => samples.ToArray())];
    }

    public static double Median(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
