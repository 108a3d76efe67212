using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Serving;
using E2LLM.Core.Engines;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Orchestration;

/// <summary>The engines of a replica, called in turn by a loop.</summary>
internal sealed class BareStages : IAsyncDisposable
{
    private readonly IStageEngine[] _engines;
    private readonly StepCounter _steps = new();

    private BareStages(IStageEngine[] engines) => _engines = engines;

    public static async Task<BareStages> LoadAsync(ModelSpec model, IStageEngineFactory engines, int stages, EngineSettings settings)
    {
        var layers = model.LayerCount;
        var loaded = new IStageEngine[stages];
        for (var stage = 0; stage < stages; stage++)
            loaded[stage] = await engines.CreateAsync(new StageEngineSpec
            {
                ModelId = model.Id,
                Device = FogOptions.Device($"bare{stage}"),
                FirstLayer = layers * stage / stages,
                LayerCount = (layers * (stage + 1) / stages) - (layers * stage / stages),
                Settings = settings,
            }, CancellationToken.None);
        return new BareStages(loaded);
    }

    /// <summary>So many sequences, all in one step, one after the other through all stages.</summary>
    public async Task<TokenSample> RunAsync(int sequences, int answerTokens, int skippedTokens)
    {
        var time = TimeProvider.System;
        var gaps = new List<double>();
        var tokens = await StepAsync(
            [.. Enumerable.Range(0, sequences).Select(sequence => SequenceCommand.Open(sequence, SamplingOptions.Greedy))],
            [.. Enumerable.Range(0, sequences).Select(sequence => new StepRow(SyntheticTokenizer.FirstWordToken, 0, sequence, true))]);
        for (var index = 1; index < answerTokens; index++)
        {
            var (started, position) = (time.GetTimestamp(), index);
            tokens = await StepAsync([], [.. tokens.Select((token, sequence) => new StepRow(token, position, sequence, true))]);
            if (index > skippedTokens)
                gaps.Add(time.GetElapsedTime(started).TotalSeconds);
        }
        await StepAsync([.. Enumerable.Range(0, sequences).Select(SequenceCommand.Close)], []);
        return new TokenSample([.. gaps], sequences * answerTokens, JoinedTokens: 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
            await engine.DisposeAsync();
    }

    private async Task<ImmutableArray<int>> StepAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows)
    {
        var step = new StageStep { StepNumber = _steps.Next(), Commands = commands, Rows = rows };
        var result = new StageResult();
        foreach (var engine in _engines)
        {
            result = await engine.ExecuteAsync(step, CancellationToken.None);
            step = step with { Hidden = result.Hidden };
        }
        return result.SampledTokens;
    }
}
