using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Reports;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Serving;

/// <summary>
/// Tokens per second of the bare engine, and of one and two stages through the grains of one silo, 1 thread each. The cases of a round
/// follow each other closely, so that a machine that slows down slows all of them; ratios are of the medians.
/// </summary>
internal sealed class ServingBenchmark(BenchmarkModel model, int promptTokens, int answerTokens)
{
    private const int MaxRows = 512;
    private static readonly int[] Concurrencies = [1, 8];

    public async Task RunAsync(int rounds)
    {
        var settings = Options(stepsInFlight: 1).SettingsFor(model.Spec, []);
        await using var engine = await BareEngine.LoadAsync(model, settings);
        var steps = new StepCounter();
        await using var one = await StartAsync(stages: 1, stepsInFlight: 1);
        await using var two = await StartAsync(stages: 2, stepsInFlight: 1);
        await using var twoInFlight = await StartAsync(stages: 2, stepsInFlight: 2);
        (string Name, Func<ImmutableArray<int>[], Task<double>> Run)[] cases =
        [
            ("bare engine, whole model", prompts => BareEngine.RunAsync(engine, steps, prompts, answerTokens, MaxRows)),
            ("1 stage through grains", prompts => RunAsync(one, prompts)),
            ("2 stages, 1 step in flight", prompts => RunAsync(two, prompts)),
            ("2 stages, 2 steps in flight", prompts => RunAsync(twoInFlight, prompts)),
        ];

        Console.WriteLine($"model {model.Name} Q4_0 (random weights), 1 thread a stage, {promptTokens} prompt tokens, {answerTokens} answer tokens, {rounds} rounds");
        foreach (var concurrency in Concurrencies)
        {
            var measured = new InterleavedCases([.. cases.Select(@case => (@case.Name, (Func<int, Task<double>>)(async round =>
                concurrency * answerTokens / await @case.Run(RandomPrompts.Make(model.Spec, concurrency, promptTokens, 1000 + round)))))]);
            await measured.RunAsync(rounds);
            measured.Print($"concurrency {concurrency,2}", "tokens/s", (0, "ratio"));
        }
    }

    private Task<BenchmarkFog> StartAsync(int stages, int stepsInFlight) => BenchmarkFog.StartAsync(model.Catalog, model.Engines, stages, options =>
    {
        var wanted = Options(stepsInFlight);
        options.MaxSequenceTokens = wanted.MaxSequenceTokens;
        options.MaxStepTokens = wanted.MaxStepTokens;
        options.MaxStepsInFlight = wanted.MaxStepsInFlight;
        options.PrefillTokensBesideDecode = wanted.PrefillTokensBesideDecode;
    });

    private ServingOptions Options(int stepsInFlight) => new()
    {
        MaxSequences = 8,
        MaxSequenceTokens = promptTokens + answerTokens,
        MaxStepTokens = MaxRows,
        MaxStepsInFlight = stepsInFlight,
        PrefillTokensBesideDecode = MaxRows,
    };

    private async Task<double> RunAsync(BenchmarkFog fog, ImmutableArray<int>[] prompts)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        await Task.WhenAll(prompts.Select(prompt => fog.RunAsync(RandomPrompts.Request(model.Spec, prompt, answerTokens))));
        return time.GetElapsedTime(started).TotalSeconds;
    }
}
