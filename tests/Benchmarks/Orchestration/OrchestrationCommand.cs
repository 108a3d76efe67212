using System.CommandLine;

namespace E2LLM.Benchmarks.Orchestration;

/// <summary><c>orchestration</c>: what grains, scheduler and streams add to a token, with an engine that only waits.</summary>
internal static class OrchestrationCommand
{
    public static Command Create()
    {
        var step = new Option<double>("--step-ms") { Description = "Of every stage and step.", DefaultValueFactory = _ => 5 };
        var concurrency = new Option<int[]>("--concurrency") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 32, 255] };
        var stages = new Option<int[]>("--stages") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2] };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 200 };
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 5 };
        var command = new Command("orchestration", "Added time and CPU time a token, with a synthetic engine.") { step, concurrency, stages, answer, rounds };
        command.SetAction(async (arguments, _) =>
        {
            var benchmark = new OrchestrationBenchmark(arguments.GetValue(step) / 1e3, arguments.GetValue(answer), arguments.GetValue(rounds));
            await benchmark.RunAsync(arguments.GetValue(stages)!, arguments.GetValue(concurrency)!);
            return 0;
        });
        return command;
    }
}
