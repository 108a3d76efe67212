using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Workloads;

/// <summary>What a trace is as a workload: its rate, its mean lengths, and how much they vary.</summary>
public static class TraceWorkload
{
    private const int MaxRequests = 10_000_000;

    /// <exception cref="ConfigurationException">The file is no trace, or gives no rate.</exception>
    public static WorkloadSpec Read(string path) => Of(TraceReader.Read(path, MaxRequests), Path.GetFileNameWithoutExtension(path), path);

    /// <param name="requests">In the order of their times.</param>
    /// <param name="name">The workload's name.</param>
    /// <param name="source">Where the requests came from, for messages.</param>
    /// <exception cref="ConfigurationException">The requests give no rate: there are fewer than 2, or all at once.</exception>
    public static WorkloadSpec Of(IReadOnlyList<TraceRequest> requests, string name, string source)
    {
        if (requests.Count < 2)
            throw new ConfigurationException($"trace '{source}' has {requests.Count} requests, must have at least 2.");
        var gaps = requests.Zip(requests.Skip(1), (first, second) => second.AtSeconds - first.AtSeconds).ToList();
        if (gaps.Sum() <= 0)
            throw new ConfigurationException($"trace '{source}': TIMESTAMP is the same in all {requests.Count} rows, must give a rate.");
        return new WorkloadSpec
        {
            Name = name,
            RequestsPerSecond = 1 / gaps.Average(),
            MeanInputTokens = requests.Average(request => request.PromptTokens),
            MeanOutputTokens = requests.Average(request => request.AnswerTokens),
            ArrivalScv = Scv(gaps),
            InputTokensScv = Scv([.. requests.Select(request => (double)request.PromptTokens)]),
            OutputTokensScv = Scv([.. requests.Select(request => (double)request.AnswerTokens)]),
            HorizonRequests = requests.Count,
        };
    }

    private static double Scv(List<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / values.Count / (mean * mean);
    }
}
