using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.Serving;

/// <summary>The engine with the whole model and nothing around it: every prompt is read, then all sequences step together.</summary>
internal static class BareEngine
{
    public static async Task<IStageEngine> LoadAsync(BenchmarkModel model, EngineSettings settings, int threads = 1) =>
        await model.Engines.CreateAsync(new StageEngineSpec
        {
            ModelId = model.Spec.Id,
            Device = FogOptions.Device("bare", threads),
            FirstLayer = 0,
            LayerCount = model.Spec.LayerCount,
            Settings = settings,
        }, CancellationToken.None);

    /// <returns>The greedy answer to one prompt.</returns>
    public static async Task<ImmutableArray<int>> AnswerAsync(IStageEngine engine, ImmutableArray<int> prompt, int answerTokens)
    {
        var answer = ImmutableArray.CreateBuilder<int>(answerTokens);
        var steps = new StepCounter();
        var step = new StageStep
        {
            StepNumber = steps.Next(),
            Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
            Rows = [.. prompt.Select((token, position) => new StepRow(token, position, 0, position == prompt.Length - 1))],
        };
        while (true)
        {
            answer.AddRange((await engine.ExecuteAsync(step, CancellationToken.None)).SampledTokens);
            if (answer.Count == answerTokens)
                return answer.MoveToImmutable();
            step = new StageStep
            {
                StepNumber = steps.Next(),
                Commands = [],
                Rows = [new StepRow(answer[^1], prompt.Length + answer.Count - 1, 0, true)],
            };
        }
    }

    /// <returns>Seconds for all answers.</returns>
    public static async Task<double> RunAsync(IStageEngine engine, StepCounter steps, ImmutableArray<int>[] prompts, int answerTokens, int maxRows)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        var tokens = new int[prompts.Length];
        var perStep = Math.Max(1, maxRows / prompts[0].Length);
        for (var first = 0; first < prompts.Length; first += perStep)
        {
            var group = Enumerable.Range(first, Math.Min(perStep, prompts.Length - first)).ToArray();
            var sampled = await StepAsync(
                [.. group.Select(sequence => SequenceCommand.Open(sequence, SamplingOptions.Greedy))],
                [.. group.SelectMany(sequence => prompts[sequence].Select((token, position) =>
                    new StepRow(token, position, sequence, position == prompts[sequence].Length - 1)))]);
            sampled.CopyTo(tokens, first);
        }
        for (var index = 1; index < answerTokens; index++)
        {
            var position = prompts[0].Length + index - 1;
            (await StepAsync([], [.. tokens.Select((token, sequence) => new StepRow(token, position, sequence, true))])).CopyTo(tokens);
        }
        var seconds = time.GetElapsedTime(started).TotalSeconds;
        await StepAsync([.. Enumerable.Range(0, prompts.Length).Select(SequenceCommand.Close)], []);
        return seconds;

        async Task<ImmutableArray<int>> StepAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows) =>
            (await engine.ExecuteAsync(
                new StageStep { StepNumber = steps.Next(), Commands = commands, Rows = rows }, CancellationToken.None)).SampledTokens;
    }
}
