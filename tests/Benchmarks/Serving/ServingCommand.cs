using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.Serving;

/// <summary><c>serving</c>: the bare engine against one and two stages through grains, interleaved.</summary>
internal static class ServingCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var prompt = new Option<int>("--prompt-tokens") { DefaultValueFactory = _ => 64 };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 24 };
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 3 };
        var command = new Command("serving", "Tokens per second of the bare engine and through the grains.") { prompt, answer, rounds };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var opened = await model.OpenAsync(arguments, cancellationToken);
            await new ServingBenchmark(opened, arguments.GetValue(prompt), arguments.GetValue(answer)).RunAsync(arguments.GetValue(rounds));
            return 0;
        });
        return command;
    }
}
