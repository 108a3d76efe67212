using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary><c>two-silos</c>: a model cut over two processes against the same model whole in one engine, interleaved.</summary>
internal static class TwoSilosCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var concurrency = new Option<int[]>("--concurrency")
        {
            Description = "Clients that send one request after the other.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [1, 16],
        };
        var perClient = Number("--requests-per-client", 3, "1 is a single wave; the middle of the run is measured from 3 on.");
        var prompt = Number("--prompt-tokens", 64, "");
        var answer = Number("--answer-tokens", 24, "");
        var rounds = Number("--rounds", 3, "Each case is run once a round.");
        var stepTokens = Number("--step-tokens", 256, "Rows of one step in the fog. The bare engine takes 512.");
        var beside = Number("--prefill-beside-decode", 64, "Prompt tokens of a step while answers are written.");
        var wholeStepTokens = Number("--whole-step-tokens", 512, "Rows of one step where one silo serves the whole model: large ones bring it most tokens a second.");
        var wholeBeside = Number("--whole-prefill-beside-decode", 512, "As above, prompt tokens while answers are written.");
        var sequences = Number("--max-sequences", 0, "Requests that run at once in the pipeline; 0: all.");
        var brief = new Option<bool>("--brief") { Description = "Leave out the engine of 1 thread and the pipeline with one step in flight." };
        var inFlight = Number("--steps-in-flight", 2, "Of the case with micro-batches.");
        var layers = Number("--first-stage-layers", 0, "0: half of the weights that a token reads.");
        var command = new Command("two-silos", "Two stages of 1 thread in two silo processes against one engine of 1 and of 2 threads.")
        {
            concurrency, perClient, prompt, answer, rounds, stepTokens, beside, sequences, wholeStepTokens, wholeBeside, inFlight, layers, brief,
        };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var settings = new TwoSilosSettings
            {
                PromptTokens = arguments.GetValue(prompt),
                AnswerTokens = arguments.GetValue(answer),
                Concurrencies = arguments.GetValue(concurrency)!,
                RequestsPerClient = arguments.GetValue(perClient),
                Rounds = arguments.GetValue(rounds),
                MaxStepTokens = arguments.GetValue(stepTokens),
                PrefillTokensBesideDecode = arguments.GetValue(beside),
                MaxSequences = arguments.GetValue(sequences),
                WholeStepTokens = arguments.GetValue(wholeStepTokens),
                WholePrefillTokensBesideDecode = arguments.GetValue(wholeBeside),
                StepsInFlight = arguments.GetValue(inFlight),
                IsBrief = arguments.GetValue(brief),
                FirstStageLayers = arguments.GetValue(layers),
            };
            await new TwoSilosBenchmark(await model.OpenAsync(arguments, cancellationToken), settings).RunAsync();
            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, int value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
