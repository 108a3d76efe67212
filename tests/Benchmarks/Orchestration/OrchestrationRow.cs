namespace E2LLM.Benchmarks.Orchestration;

internal static class OrchestrationRow
{
    public static void Print(int stages, int concurrency, double idealSeconds, TokenTimes bare, TokenTimes fog)
    {
        var label = $"{stages} stages, concurrency {concurrency,3}";
        Console.WriteLine($"{label}  added to the bare engines: p50 {Milliseconds(fog.P50Seconds - bare.P50Seconds)}, p99 {Milliseconds(fog.P99Seconds - bare.P99Seconds)}, " +
            $"mean {Milliseconds(fog.MeanSeconds - bare.MeanSeconds)} ms; CPU {(fog.CpuSecondsPerToken - bare.CpuSecondsPerToken) * 1e6:0} µs a token");
        Console.WriteLine($"{label}  over the ideal {Milliseconds(idealSeconds)}:       p50 {Milliseconds(fog.P50Seconds - idealSeconds)}, p99 {Milliseconds(fog.P99Seconds - idealSeconds)}, " +
            $"mean {Milliseconds(fog.MeanSeconds - idealSeconds)} ms");
        Console.WriteLine($"{label}  bare engines: {Figures(bare)}");
        Console.WriteLine($"{label}  readers:      {Figures(fog)}, {fog.JoinedShare:0.000} of the tokens came together with the one before");
    }

    private static string Figures(TokenTimes times) =>
        $"p50 {Milliseconds(times.P50Seconds)}, p99 {Milliseconds(times.P99Seconds)}, mean {Milliseconds(times.MeanSeconds)} ms, CPU {times.CpuSecondsPerToken * 1e6:0} µs a token";

    private static string Milliseconds(double seconds) => $"{seconds * 1e3:0.000}";
}
