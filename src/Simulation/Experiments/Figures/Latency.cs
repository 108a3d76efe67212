using System.Collections.Immutable;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Experiments.Figures;

/// <summary>One of the times by which an answer is judged.</summary>
public sealed class Latency
{
    /// <summary>In queues.</summary>
    public static readonly Latency Wait = new("wait", request => request.WaitSeconds);

    /// <summary>Time to first token: from arrival.</summary>
    public static readonly Latency Ttft = new("TTFT", request => request.TimeToFirstTokenSeconds);

    /// <summary>Time per output token after the first. Answers of one token have none.</summary>
    public static readonly Latency Tpot = new("TPOT", request => request.SecondsPerOutputToken, request => request.AnswerTokens > 1);

    /// <summary>From arrival to the last token.</summary>
    public static readonly Latency EndToEnd = new("end to end", request => request.EndToEndSeconds);

    /// <summary>All of them, in the order of a request's life.</summary>
    public static readonly ImmutableArray<Latency> All = [Wait, Ttft, Tpot, EndToEnd];

    private readonly Func<RequestTimes, double> _seconds;
    private readonly Predicate<RequestTimes>? _has;

    private Latency(string name, Func<RequestTimes, double> seconds, Predicate<RequestTimes>? has = null) => (Name, _seconds, _has) = (name, seconds, has);

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>In seconds, ascending; of those requests that have it.</summary>
    public double[] Sorted(IEnumerable<RequestTimes> requests)
    {
        double[] sorted = [.. requests.Where(request => _has?.Invoke(request) ?? true).Select(_seconds)];
        Array.Sort(sorted);
        return sorted;
    }
}
