using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Serving;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Benchmarks.Runtimes;

/// <summary><c>runtime</c>: engines on one runtime, in a process of their own. Times them once for every line of its standard input.</summary>
internal static class RuntimeCommand
{
    public const string Ready = "ready";

    public static Command Create()
    {
        var spec = new Argument<string>("spec");
        var command = new Command("runtime", "Engines on one runtime; started by 'runtimes'.") { spec };
        command.Hidden = true;
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(JsonSerializer.Deserialize<RuntimeSpec>(arguments.GetValue(spec)!)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RuntimeSpec spec, CancellationToken cancellationToken)
    {
        var library = new LlamaLibraryOptions { Runtime = spec.Runtime };
        var model = await BenchmarkModel.OpenAsync(spec.Directory, spec.Shape, Enum.Parse<GgmlType>(spec.Type), cancellationToken, library);
        var settings = new EngineSettings
        {
            KvCells = spec.PromptTokens + spec.AnswerTokens,
            MaxSequences = 1,
            MaxSequenceTokens = spec.PromptTokens + spec.AnswerTokens,
            MaxStepTokens = spec.PromptTokens,
        };
        await using var first = await BareEngine.LoadAsync(model, settings, spec.Threads);
        await using var second = await BareEngine.LoadAsync(model, settings, spec.Threads);
        var (steps, otherSteps) = (new StepCounter(), new StepCounter());
        var prompt = RandomPrompts.Make(model.Spec, 1, spec.PromptTokens, seed: 1)[0];
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is not null)
        {
            var (prefill, decode) = await TimeAsync(first, steps, prompt, spec.AnswerTokens);
            var time = TimeProvider.System;
            var started = time.GetTimestamp();
            await Task.WhenAll(
                TimeAsync(first, steps, prompt, spec.AnswerTokens), TimeAsync(second, otherSteps, prompt, spec.AnswerTokens));
            var together = 2 * (spec.PromptTokens + spec.AnswerTokens) / time.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(JsonSerializer.Serialize(new RuntimeSpeeds(spec.PromptTokens / prefill, spec.AnswerTokens / decode, together)));
        }
        return 0;
    }

    private static async Task<(double PrefillSeconds, double DecodeSeconds)> TimeAsync(
        IStageEngine engine, StepCounter steps, ImmutableArray<int> prompt, int answerTokens)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        var token = (await StepAsync(
            [SequenceCommand.Open(0, Core.Requests.SamplingOptions.Greedy)],
            [.. prompt.Select((token, position) => new StepRow(token, position, 0, position == prompt.Length - 1))])).Single();
        var prefillSeconds = time.GetElapsedTime(started).TotalSeconds;
        started = time.GetTimestamp();
        for (var index = 0; index < answerTokens; index++)
            token = (await StepAsync([], [new StepRow(token, prompt.Length + index, 0, true)])).Single();
        var decodeSeconds = time.GetElapsedTime(started).TotalSeconds;
        await StepAsync([SequenceCommand.Close(0)], []);
        return (prefillSeconds, decodeSeconds);

        async Task<ImmutableArray<int>> StepAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows) =>
            (await engine.ExecuteAsync(
                new StageStep { StepNumber = steps.Next(), Commands = commands, Rows = rows }, CancellationToken.None)).SampledTokens;
    }
}
