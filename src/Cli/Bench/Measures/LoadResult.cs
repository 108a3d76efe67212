using E2LLM.Cli.Bench.Load;

namespace E2LLM.Cli.Bench.Measures;

/// <summary>The figures of one load. Latencies are of whole answers only; what failed is counted by its kind.</summary>
internal sealed record LoadResult
{
    public required LoadSpec Load { get; init; }

    public required IReadOnlyList<RequestOutcome> Outcomes { get; init; }

    /// <summary>From the moment the first request was due to the end of the last one.</summary>
    public required double DurationSeconds { get; init; }

    public required int Succeeded { get; init; }

    public required int MetObjective { get; init; }

    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    public Summary? Ttft { get; init; }

    public Summary? Itl { get; init; }

    public Summary? Tpot { get; init; }

    public Summary? E2e { get; init; }

    public Summary? Queue { get; init; }

    /// <summary>How late this program sent: more than a few milliseconds means that it, not the server, was the limit.</summary>
    public Summary? SendLag { get; init; }

    public Summary? PromptTokens { get; init; }

    public Summary? AnswerTokens { get; init; }

    public int Sent => Outcomes.Count;

    public double RequestsPerSecond => PerSecond(Succeeded);

    /// <summary>Requests a second that met all objectives.</summary>
    public double GoodputPerSecond => PerSecond(MetObjective);

    public double AnswerTokensPerSecond => PerSecond(Sum(AnswerTokens));

    public double PromptTokensPerSecond => PerSecond(Sum(PromptTokens));

    /// <summary>Share of the requests that met all objectives, 0 to 1; what failed met none.</summary>
    public double Attainment => (double)MetObjective / Sent;

    /// <param name="outcomes">At least one.</param>
    public static LoadResult Of(LoadSpec load, IReadOnlyList<RequestOutcome> outcomes, ServiceObjective objective)
    {
        RequestOutcome[] whole = [.. outcomes.Where(outcome => outcome.Fault is null)];
        return new LoadResult
        {
            Load = load,
            Outcomes = outcomes,
            DurationSeconds = outcomes.Max(outcome => outcome.EndSeconds) - outcomes.Min(outcome => outcome.DueSeconds),
            Succeeded = whole.Length,
            MetObjective = whole.Count(objective.IsMetBy),
            Faults = outcomes.Where(outcome => outcome.Fault is not null).CountBy(outcome => outcome.Fault!.Kind)
                .OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(),
            Ttft = Summary.Of(Known(whole, outcome => outcome.TtftSeconds)),
            Itl = Summary.Of(whole.SelectMany(outcome => outcome.ItlSeconds)),
            Tpot = Summary.Of(Known(whole, outcome => outcome.TpotSeconds)),
            E2e = Summary.Of(whole.Select(outcome => outcome.E2eSeconds)),
            Queue = Summary.Of(Known(whole, outcome => outcome.QueueSeconds)),
            SendLag = Summary.Of(outcomes.Select(outcome => outcome.SentSeconds - outcome.DueSeconds)),
            PromptTokens = Summary.Of(Known(whole, outcome => outcome.PromptTokens)),
            AnswerTokens = Summary.Of(whole.Select(outcome => (double)outcome.AnswerTokens)),
        };
    }

    private static IEnumerable<double> Known(IEnumerable<RequestOutcome> outcomes, Func<RequestOutcome, double?> value) =>
        outcomes.Select(value).OfType<double>();

    private double PerSecond(double count) => DurationSeconds > 0 ? count / DurationSeconds : 0;

    private static double Sum(Summary? summary) => summary is null ? 0 : summary.Mean * summary.Count;
}
