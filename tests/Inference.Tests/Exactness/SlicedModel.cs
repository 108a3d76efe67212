using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Exactness;

/// <summary>Engines of consecutive slices, run as a replica runs them.</summary>
internal sealed class SlicedModel : IAsyncDisposable
{
    private readonly List<LlamaStageEngine> _stages = [];
    private readonly List<float[]> _logits = [];
    private long _step;

    public IReadOnlyList<LlamaStageEngine> Stages => _stages;

    public static async Task<SlicedModel> LoadAsync(TestModels models, string modelId, EngineSettings settings, params int[] layerCounts)
    {
        var sliced = new SlicedModel();
        var first = 0;
        foreach (var count in layerCounts)
        {
            sliced._stages.Add(await models.Factory.LoadAsync(
                new StageEngineSpec
                {
                    ModelId = modelId,
                    Device = new DeviceSpec { Id = $"d{sliced._stages.Count}", MemoryBytes = 1L << 30 },
                    FirstLayer = first,
                    LayerCount = count,
                    Settings = settings,
                },
                CancellationToken.None));
            first += count;
        }
        sliced._stages[^1].LogitsObserver = (_, _, logits) => sliced._logits.Add(logits.ToArray());
        return sliced;
    }

    public Task OpenAsync(int sequence, SamplingOptions? sampling = null, ImmutableArray<int> penaltyTokens = default) =>
        StepAsync([SequenceCommand.Open(sequence, sampling ?? SamplingOptions.Greedy, penaltyTokens)]);

    /// <summary>One step through all stages: logits and tokens of the output rows.</summary>
    public async Task<(List<float[]> Logits, ImmutableArray<int> Tokens)> RunAsync(params StepRow[] rows)
    {
        var result = await StepAsync([], rows);
        return ([.. _logits], result.SampledTokens);
    }

    public async Task<StageResult> StepAsync(ImmutableArray<SequenceCommand> commands, params StepRow[] rows)
    {
        _logits.Clear();
        TensorBuffer? hidden = null;
        StageResult? result = null;
        var number = _step++;
        foreach (var stage in _stages)
        {
            result = await stage.ExecuteAsync(
                new StageStep { StepNumber = number, Commands = commands, Rows = [.. rows], Hidden = hidden }, CancellationToken.None);
            hidden = result.Hidden;
        }
        return result!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stage in _stages)
            await stage.DisposeAsync();
    }
}
