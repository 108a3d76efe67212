using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.Interference;

/// <summary><c>interference</c>: what a long prompt does to others, with one MIXED replica and with the phases split.</summary>
internal static class InterferenceCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var longPrompt = Number("--long-tokens", 4096, "The prompt that is in the way.");
        var shortPrompt = Number("--short-tokens", 32, "The prompt that comes while that is read.");
        var stepTokens = Number("--step-tokens", 64, "Rows of one step.");
        var beside = Number("--prefill-beside-decode", 64, "Prompt tokens of a step while answers are written.");
        var rounds = Number("--rounds", 1, "Each case is run once a round.");
        var command = new Command("interference", "A short request, and a running answer, while a long prompt is read.")
        {
            longPrompt, shortPrompt, stepTokens, beside, rounds,
        };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var benchmark = new InterferenceBenchmark(
                await model.OpenAsync(arguments, cancellationToken),
                arguments.GetValue(longPrompt), arguments.GetValue(shortPrompt), arguments.GetValue(stepTokens), arguments.GetValue(beside));
            await benchmark.RunAsync(arguments.GetValue(rounds));
            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, int value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
