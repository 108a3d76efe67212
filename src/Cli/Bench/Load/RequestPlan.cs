using E2LLM.Cli.Bench.Arrivals;
using E2LLM.Cli.Bench.Prompts;
using E2LLM.Planning.Workloads;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Settles the requests of a load before it begins: when each is due, what it asks, how long its answer may be.</summary>
internal sealed class RequestPlan(BenchSettings settings, IPromptSource prompts)
{
    /// <param name="load">What decides the times.</param>
    /// <param name="count">Requests at most.</param>
    /// <param name="round">Number of the load in its run: each has times and prompts of its own.</param>
    public async Task<IReadOnlyList<BenchRequest>> CreateAsync(LoadSpec load, int count, int round, CancellationToken cancellationToken)
    {
        var shapes = Shapes(load, count, round).TakeWhile(shape => shape.AtSeconds <= settings.DurationSeconds);
        var random = new Random(SeedOf(round, 1));
        List<BenchRequest> requests = [];
        foreach (var (atSeconds, promptTokens, answerTokens) in shapes)
        {
            var prompt = await prompts.NextAsync(promptTokens, random, cancellationToken);
            requests.Add(new BenchRequest(requests.Count, load.IsOpenLoop ? atSeconds : null, prompt, answerTokens));
        }
        return requests;
    }

    private IEnumerable<(double AtSeconds, int PromptTokens, int AnswerTokens)> Shapes(
        LoadSpec load, int count, int round) => load.Kind switch
    {
        LoadKind.Trace => TraceReader.Read(settings.TracePath!, count)
            .Select(request => (request.AtSeconds / load.Value, request.PromptTokens, request.AnswerTokens)),
        LoadKind.Rate => Alike(
            ArrivalTimes.Seconds(settings.Arrivals, load.Value, settings.Burstiness, new Random(SeedOf(round, 0))).Take(count)),
        _ => Alike(Enumerable.Repeat(0.0, count)),
    };

    private IEnumerable<(double AtSeconds, int PromptTokens, int AnswerTokens)> Alike(IEnumerable<double> times) =>
        times.Select(at => (at, settings.PromptTokens, settings.AnswerTokens));

    /// <summary>A seed for each purpose. Written out, because the framework's own hash differs from run to run.</summary>
    private int SeedOf(int round, int purpose) => unchecked((((settings.Seed * 31) + round) * 31) + purpose);
}
