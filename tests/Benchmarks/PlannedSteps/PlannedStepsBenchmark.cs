using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Inference.Profiling;
using E2LLM.Planning.Explanation;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>
/// Profiles devices, plans and serves as a silo does; then one answer alone, and as many at once as the plan allows, against what the plan
/// says of both.
/// </summary>
internal sealed class PlannedStepsBenchmark(BenchmarkModel model, int answerTokens, int rounds)
{
    private const int PromptTokens = 64;

    public async Task RunAsync(string planner, int devices, int sequences)
    {
        var options = new FogOptions
        {
            Catalog = model.Catalog,
            Engines = model.Engines,
            Profiler = new LlamaDeviceProfiler(model.Catalog, model.Engines),
            Planner = new PlanAdvisor(),
            Devices = [.. FogOptions.OneThreadDevices(devices).Select(device => device with { MemoryBytes = 64L << 30 })],
            Serving = serving =>
            {
                (serving.Planner, serving.MaxSequences, serving.MaxSequenceTokens) = (planner, sequences, PromptTokens + answerTokens);
                (serving.ExpectedInputTokens, serving.ExpectedOutputTokens, serving.ReusePrefixes) = (PromptTokens, answerTokens, false);
            },
        };
        await using var fog = await BenchmarkFog.StartAsync(options);
        var plan = (await fog.StatusAsync()).Plan!;
        if (plan.Replicas is not [var replica])
            throw new InvalidOperationException($"The plan has {plan.Replicas.Length} replicas; this takes one.");
        Console.WriteLine($"{model.Name}, {replica.Stages.Length} stages, {replica.DecodeConcurrency} sequences in {replica.MicroBatches} micro-batches, answers of {answerTokens} tokens");
        Console.WriteLine("| what | planned ms | measured ms | measured / planned |");
        Console.WriteLine("|---|---|---|---|");

        var alone = await RoundsAsync(fog, 1);
        foreach (var (index, stage) in replica.Stages.Index())
            Print($"stage {index}, a step of one row", stage.DecodeSeconds, Median(alone.Select(answers => answers[0].Timeline!.Devices[index].DecodeSeconds / (answerTokens - 1))));
        Print("a token of an answer alone", PlannedRates.TokenSeconds(replica, 1), Median(alone.Select(TokenSeconds)));
        if (replica.DecodeConcurrency <= 1)
            return;
        var full = await RoundsAsync(fog, replica.DecodeConcurrency);
        Print($"a token of {replica.DecodeConcurrency} answers at once", replica.TokenSeconds, Median(full.Select(TokenSeconds)));
    }

    private async Task<List<TimedAnswer[]>> RoundsAsync(BenchmarkFog fog, int clients)
    {
        List<TimedAnswer[]> all = [];
        for (var round = 0; round <= rounds; round++)
        {
            var requests = RandomPrompts.Make(model.Spec, clients, PromptTokens, seed: round)
                .Select(prompt => RandomPrompts.Request(model.Spec, prompt, answerTokens)).ToArray();
            await fog.MakeAsync(requests);
            var answers = await Task.WhenAll(requests.Select(request => TimedAnswer.ReadAsync(fog.StreamAsync(request))));
            if (round > 0) // the first one warms up
                all.Add(answers);
        }

        return all;
    }

    /// <summary>Mean gap of all answers while all of them were being written.</summary>
    private static double TokenSeconds(TimedAnswer[] answers)
    {
        var (from, to) = (answers.Max(answer => answer.FirstTokenSeconds), answers.Min(answer => answer.ArrivalSeconds[^1]));
        return answers.SelectMany(answer => answer.GapsWithin(from, to)).DefaultIfEmpty(double.NaN).Average();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    private static void Print(string what, double planned, double measured) => Console.WriteLine(FormattableString.Invariant(
        $"| {what} | {1e3 * planned:0.00} | {1e3 * measured:0.00} | {measured / planned:0.00} |"));
}
