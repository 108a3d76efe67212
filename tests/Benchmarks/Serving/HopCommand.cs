using System.CommandLine;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Reports;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Serving;

/// <summary><c>hop</c>: what one more stage adds to a step, with an engine that takes no time and hidden states of a 1B model's width.</summary>
internal static class HopCommand
{
    private const int Width = 2048;
    private const int AnswerTokens = 100;
    private static readonly int[] StageCounts = [1, 2, 4, 8];

    public static Command Create()
    {
        var requests = new Option<int>("--requests") { Description = "Requests a stage count, one after the other.", DefaultValueFactory = _ => 200 };
        var command = new Command("hop", "Microseconds of one stage hop within a silo.") { requests };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(requests)));
        return command;
    }

    private static async Task<int> RunAsync(int requests)
    {
        var catalog = new SyntheticModelCatalog(SyntheticModel.Spec("synthetic", layers: 8, width: Width));
        var engines = new SyntheticStageEngineFactory(catalog, new SyntheticTiming(), TimeProvider.System);
        Console.WriteLine($"synthetic engine (0 s a step), hidden states of {Width * 4} bytes, one silo, concurrency 1, {requests} requests of {AnswerTokens} tokens");
        var medians = new Dictionary<int, double>();
        foreach (var stages in StageCounts)
        {
            await using var fog = await BenchmarkFog.StartAsync(catalog, engines, stages, _ => { });
            var steps = new List<double>();
            for (var index = -20; index < requests; index++) // the first 20 warm up
            {
                var last = await fog.RunAsync(new GenerationRequest
                {
                    Id = $"{stages}-{index}",
                    ModelId = "synthetic",
                    PromptTokens = [SyntheticTokenizer.FirstWordToken],
                    MaxTokens = AnswerTokens,
                });
                if (index >= 0)
                    steps.Add(last.Timeline!.SecondsPerOutputToken!.Value * 1e6);
            }
            medians[stages] = Statistics.Median(steps);
            Console.WriteLine($"{stages} stages: step p50 {medians[stages]:0} µs, p90 {Statistics.Percentile(steps, 0.9):0} µs");
        }
        foreach (var stages in StageCounts.Skip(1))
            Console.WriteLine($"hop, from 1 to {stages} stages: {(medians[stages] - medians[1]) / (stages - 1):0} µs");
        return 0;
    }
}
