using System.CommandLine;
using E2LLM.Benchmarks.Fog;
using E2LLM.Gguf.Format;

namespace E2LLM.Benchmarks.Serving;

/// <summary><c>serving</c>: the bare engine against one and two stages through grains, interleaved.</summary>
internal static class ServingCommand
{
    public static Command Create()
    {
        var shape = new Option<string>("--shape") { Description = "Shape of the random-weight model.", DefaultValueFactory = _ => "llama-3.2-1b" };
        var prompt = new Option<int>("--prompt-tokens") { DefaultValueFactory = _ => 64 };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 24 };
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 3 };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "Where the model and its slices are kept.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "e2llm-benchmarks")),
        };
        var command = new Command("serving", "Tokens per second of the bare engine and through the grains.") { shape, prompt, answer, rounds, data };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var model = await BenchmarkModel.OpenAsync(
                arguments.GetValue(data)!.FullName, arguments.GetValue(shape)!, GgmlType.Q4_0, cancellationToken);
            await new ServingBenchmark(model, arguments.GetValue(prompt), arguments.GetValue(answer)).RunAsync(arguments.GetValue(rounds));
            return 0;
        });
        return command;
    }
}
