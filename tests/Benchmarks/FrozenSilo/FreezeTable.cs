using E2LLM.Benchmarks.Reports;

namespace E2LLM.Benchmarks.FrozenSilo;

/// <summary>Latencies by phase.</summary>
internal static class FreezeTable
{
    /// <param name="name">What the requests have in common: their replica, or that they went on elsewhere.</param>
    /// <param name="requests">Requests with answers.</param>
    /// <param name="phaseOf">When a request was under way.</param>
    public static void Print(string name, IReadOnlyCollection<SentRequest> requests, Func<SentRequest, FreezePhase> phaseOf)
    {
        foreach (var phase in Enum.GetValues<FreezePhase>())
        {
            var answers = requests.Where(request => phaseOf(request) == phase).Select(request => request.Answer!).ToArray();
            if (answers.Length == 0)
            {
                Console.WriteLine($"{name,-8} {phase,-6}  no requests");
                continue;
            }
            double[] first = [.. answers.Select(answer => answer.FirstTokenSeconds)], gaps = [.. answers.SelectMany(answer => answer.Gaps(0))];
            Console.WriteLine($"{name,-8} {phase,-6}  {answers.Length,4} requests  TTFT {Figures(first)}  time per token {Figures(gaps)}");
        }
    }

    private static string Figures(double[] seconds) =>
        $"p50 {Statistics.Median(seconds) * 1e3,7:0.0}, p99 {Statistics.Percentile(seconds, 0.99) * 1e3,7:0.0}, max {seconds.Max() * 1e3,7:0.0} ms";
}
