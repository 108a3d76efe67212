using System.CommandLine;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Reports;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Benchmarks.Runtimes;

/// <summary><c>runtimes</c>: the runtimes of this build against each other, in turn, a process each.</summary>
internal static class RuntimesCommand
{
    public static Command Create()
    {
        var shape = new Option<string>("--shape") { DefaultValueFactory = _ => "llama-3.2-1b" };
        var types = new Option<string[]>("--types") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["Q4_0", "Q8_0"] };
        var threads = new Option<int[]>("--threads") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2] };
        var prompt = new Option<int>("--prompt-tokens") { Description = "Read in one chunk.", DefaultValueFactory = _ => 128 };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 32 };
        var rounds = new Option<int>("--rounds") { Description = "Each runtime is timed once a round.", DefaultValueFactory = _ => 5 };
        var directory = new Option<string>("--directory")
        {
            Description = "Where models are made and kept.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "e2llm-benchmarks"),
        };
        var command = new Command("runtimes", "Prefill and decode of every runtime of this build (-p:E2LlmRuntimes=all), alternating.")
        {
            shape, types, threads, prompt, answer, rounds, directory,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            foreach (var type in arguments.GetValue(types)!)
            {
                // Made by one of them only.
                using var made = (await BenchmarkModel.OpenAsync(
                    arguments.GetValue(directory)!, arguments.GetValue(shape)!, Enum.Parse<GgmlType>(type), cancellationToken)).Catalog;
                foreach (var count in arguments.GetValue(threads)!)
                    await CompareAsync(
                        [.. LlamaRuntimes.Installed.Select(name => new RuntimeSpec(
                            name, arguments.GetValue(directory)!, arguments.GetValue(shape)!, type, count, arguments.GetValue(prompt), arguments.GetValue(answer)))],
                        arguments.GetValue(rounds));
            }
            return 0;
        });
        return command;
    }

    private static async Task CompareAsync(RuntimeSpec[] specs, int rounds)
    {
        var processes = new List<RuntimeProcess>();
        try
        {
            foreach (var spec in specs)
                processes.Add(await RuntimeProcess.StartAsync(spec));
            var speeds = specs.Select(_ => new List<RuntimeSpeeds>()).ToArray();
            for (var round = -1; round < rounds; round++)
                for (var index = 0; index < specs.Length; index++)
                    if (await processes[index].MeasureAsync() is var measured && round >= 0)
                        speeds[index].Add(measured);
            for (var index = 0; index < specs.Length; index++)
                Print(specs[index], speeds[index], speeds[^1]);
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }

    // Ratios within a round: what slows the machine down for a while slows both.
    private static void Print(RuntimeSpec spec, List<RuntimeSpeeds> speeds, List<RuntimeSpeeds> others)
    {
        var (prompt, answer) = (spec.PromptTokens, spec.AnswerTokens);
        Console.WriteLine(
            $"{spec.Shape} {spec.Type}, {spec.Threads} thread(s), {spec.Runtime,-10}: prefill {Median(speed => speed.PrefillTokensPerSecond):0.0} tokens/s ({Ratio(speed => speed.PrefillTokensPerSecond):0.00}), " +
            $"decode {Median(speed => speed.DecodeTokensPerSecond):0.0} ({Ratio(speed => speed.DecodeTokensPerSecond):0.00}); two engines at once " +
            $"{Statistics.Median([.. speeds.Select(speed => speed.TwoEnginesTokensPerSecond * (prompt / speed.PrefillTokensPerSecond + answer / speed.DecodeTokensPerSecond) / (prompt + answer))]):0.00} of one");

        double Median(Func<RuntimeSpeeds, double> of) => Statistics.Median([.. speeds.Select(of)]);

        double Ratio(Func<RuntimeSpeeds, double> of) => Statistics.Median([.. speeds.Zip(others, (speed, other) => of(speed) / of(other))]);
    }
}
