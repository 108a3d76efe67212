using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Simulation.Experiments.Statistics;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Experiments.Figures;

/// <summary>What a plan did in all runs of a cell: means over the runs, with their intervals.</summary>
public sealed record CellFigures
{
    /// <summary>In the order of <see cref="Latency.All"/>.</summary>
    public required ImmutableArray<LatencyFigures> Latencies { get; init; }

    /// <summary>Share of the requests, 0 to 1, that met both targets.</summary>
    public required MeanInterval TimelyShare { get; init; }

    /// <summary>Requests that met both targets, by the time from the first arrival to the last token.</summary>
    public required MeanInterval GoodputRequestsPerSecond { get; init; }

    /// <summary>All requests by that time. Below the rate of arrival where a queue was left at the end of it.</summary>
    public required MeanInterval ServedRequestsPerSecond { get; init; }

    public required MeanInterval AnswerTokensPerSecond { get; init; }

    /// <summary>KV caches that travelled from one replica to another, of a run.</summary>
    public required MeanInterval KvBytes { get; init; }

    /// <summary>Share of the time that each device computed, 0 to 1, by its id; without those that the plan leaves out.</summary>
    public required ImmutableSortedDictionary<string, double> BusyShares { get; init; }

    public LatencyFigures this[Latency latency] => Latencies[Latency.All.IndexOf(latency)];

    /// <param name="runs">At least one, all of the same plan.</param>
    /// <param name="targets">What counts into the goodput.</param>
    public static CellFigures Of(IReadOnlyList<SimulationResult> runs, ServiceTargets targets)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return new CellFigures
        {
            Latencies = [.. Latency.All.Select(latency => LatencyFigures.Of(latency, runs))],
            TimelyShare = Over(run => (double)run.TimelyRequests(targets) / run.Requests.Length),
            GoodputRequestsPerSecond = Over(run => PerSecond(run, run.TimelyRequests(targets))),
            ServedRequestsPerSecond = Over(run => PerSecond(run, run.Requests.Length)),
            AnswerTokensPerSecond = Over(run => PerSecond(run, run.Requests.Sum(request => (double)request.AnswerTokens))),
            KvBytes = Over(run => run.KvBytes),
            BusyShares = runs.SelectMany(run => run.BusyShares.Keys).Distinct()
                .ToImmutableSortedDictionary(device => device, device => runs.Average(run => run.BusyShares.GetValueOrDefault(device)), StringComparer.Ordinal),
        };

        MeanInterval Over(Func<SimulationResult, double> figure) => MeanInterval.Of([.. runs.Select(figure)]);
    }

    private static double PerSecond(SimulationResult run, double count) => run.DurationSeconds > 0 ? count / run.DurationSeconds : 0;
}
