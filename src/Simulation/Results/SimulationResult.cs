using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Results;

/// <summary>What became of every request, in the order of arrival. Simulated: no model ran.</summary>
public sealed record SimulationResult
{
    public required ImmutableArray<RequestTimes> Requests { get; init; }

    /// <summary>From the first arrival to the last token.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Things that happened, one after the other.</summary>
    public long Events { get; init; }

    /// <summary>Share of the duration that each device computed, by its id.</summary>
    public required ImmutableSortedDictionary<string, double> BusyShares { get; init; }

    /// <summary>What travelled of KV caches from one replica to another.</summary>
    public double KvBytes => Requests.Sum(request => request.KvBytes);

    /// <summary>Plans that were taken up on the way, in their order; empty where the fleet stays as it is.</summary>
    public ImmutableArray<PlanChange> PlanChanges { get; init; } = [];

    /// <summary>Changes of the fleet after which what ran went on, because there was no plan or none that could be served.</summary>
    public ImmutableArray<PlanRefusal> PlanRefusals { get; init; } = [];

    /// <summary>Requests, by their places, that ended without their whole answer.</summary>
    public ImmutableArray<int> LostRequests { get; init; } = [];

    /// <summary>Seconds from the first arrival to the last token in which no replicas that were there could have served a request.</summary>
    public double SecondsWithoutRoute { get; init; }

    /// <summary>Requests that met both targets.</summary>
    public int TimelyRequests(ServiceTargets targets) => Requests.Count(request => request.Meets(targets));

    public double MeanWaitSeconds => Requests.Average(request => request.WaitSeconds);

    public double MeanTtftSeconds => Requests.Average(request => request.TimeToFirstTokenSeconds);

    public double MeanTpotSeconds => Requests.Where(request => request.AnswerTokens > 1).Select(request => request.SecondsPerOutputToken).DefaultIfEmpty().Average();

    public double MeanEndToEndSeconds => Requests.Average(request => request.EndToEndSeconds);

    /// <param name="figure">Of a request.</param>
    /// <param name="share">0 to 1: the smallest value that this share of the requests does not exceed.</param>
    public double Percentile(Func<RequestTimes, double> figure, double share)
    {
        var sorted = Requests.Select(figure).Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
