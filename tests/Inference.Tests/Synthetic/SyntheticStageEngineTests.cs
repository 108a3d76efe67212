using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Synthetic;

public sealed class SyntheticStageEngineTests
{
    private static readonly ModelSpec Model = SyntheticModel.Spec("s", layers: 5, width: 8);

    [Fact]
    public async Task Execute_OfInterleavedChunkedRequests_GivesTheExpectedTokens()
    {
        int[][] prompts = [[5, 6, 7], [9, 8, 7, 6, 5, 4, 3], [300]];
        SamplingOptions[] sampling = [SamplingOptions.Greedy, new() { Seed = 9 }, SamplingOptions.Greedy];
        await using var front = await CreateAsync(0, 2);
        await using var back = await CreateAsync(2, 3);
        await StepAsync(front, back, [.. sampling.Select((options, slot) => SequenceCommand.Open(slot, options))]);
        var answers = prompts.Select(_ => new List<int>()).ToArray();
        var done = new int[prompts.Length];
        while (answers.Any(answer => answer.Count < 6))
        {
            var rows = new List<StepRow>();
            for (var slot = 0; slot < prompts.Length; slot++)
            {
                int[] known = [.. prompts[slot], .. answers[slot]];
                for (var count = 0; count < 2 && done[slot] < known.Length; count++, done[slot]++)
                    rows.Add(new StepRow(known[done[slot]], done[slot], slot, done[slot] == known.Length - 1));
            }
            var tokens = new Queue<int>((await StepAsync(front, back, [], [.. rows])).SampledTokens);
            foreach (var row in rows.Where(row => row.IsOutput))
                answers[row.Sequence].Add(tokens.Dequeue());
        }
        for (var slot = 0; slot < prompts.Length; slot++)
            Assert.Equal(SyntheticModel.ExpectedTokens(Model, prompts[slot], answers[slot].Count, sampling[slot]), answers[slot]);
    }

    [Fact]
    public void ExpectedTokens_OfPromptsThatDifferInOneEarlyToken_Differ() =>
        Assert.NotEqual(
            SyntheticModel.ExpectedTokens(Model, [1, 2, 3, 4], 3, SamplingOptions.Greedy).AsEnumerable(),
            SyntheticModel.ExpectedTokens(Model, [2, 1, 3, 4], 3, SamplingOptions.Greedy));

    [Fact]
    public void ExpectedTokens_NeverEndTheAnswer() =>
        Assert.DoesNotContain(SyntheticModel.EndToken, SyntheticModel.ExpectedTokens(Model, [1], 3000, SamplingOptions.Greedy));

    [Fact]
    public async Task Execute_TakesTheTimeThatItIsSetTo()
    {
        var timing = new SyntheticTiming { CallSeconds = 1e-6, LayerSeconds = 1e-7, RowLayerSeconds = 1e-8, HeadSeconds = 1e-9 };
        await using var engine = await CreateAsync(2, 3, timing, slowdown: 10);
        using var hidden = TensorBuffer.Rent(2, 8);
        hidden.Values.Clear();
        var step = new StageStep
        {
            StepNumber = 0,
            Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
            Rows = [new StepRow(0, 0, 0, false), new StepRow(0, 1, 0, true)],
            Hidden = hidden,
        };
        var result = await engine.ExecuteAsync(step, CancellationToken.None);
        Assert.Equal(10 * (1e-6 + 3 * (1e-7 + 2e-8) + 1e-9), result.ComputeSeconds, 15);
    }

    [Fact]
    public async Task Profile_GivesTheTimesOfTheEngine()
    {
        var timing = new SyntheticTiming { CallSeconds = 0.1, LayerSeconds = 2, RowLayerSeconds = 3, HeadSeconds = 4 };
        var profiler = new SyntheticDeviceProfiler(new SyntheticModelCatalog(Model), timing);
        var device = new DeviceSpec { Id = "d", MemoryBytes = 99, SlowdownFactor = 2, Threads = 3 };
        var profile = await profiler.ProfileAsync(device, "s", CancellationToken.None);
        Assert.Equal((ProfileSource.Synthetic, 99, 3), (profile.Source, profile.MemoryBytes, profile.Cores));
        Assert.Equal((0.2, 8.0), (profile.CallSeconds, profile.HeadSeconds));
        Assert.Equal([(1, 8.0), (4, 32.0), (8, 64.0), (16, 128.0)], profile.Head.Select(point => (point.Rows, point.Seconds)));
        Assert.Equal(2 * (2 + 64 * 3), profile.Prefill.Single(point => point.ChunkTokens == 64).SecondsPerLayer);
        Assert.Equal(2 * (2 + 4 * 3), profile.Decode.Single(point => point.BatchSequences == 4).SecondsPerLayer);
    }

    private static Task<IStageEngine> CreateAsync(int firstLayer, int layerCount, SyntheticTiming? timing = null, double slowdown = 1) =>
        new SyntheticStageEngineFactory(new SyntheticModelCatalog(Model), timing ?? new SyntheticTiming(), TimeProvider.System).CreateAsync(
            new StageEngineSpec
            {
                ModelId = "s",
                Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30, SlowdownFactor = slowdown },
                FirstLayer = firstLayer,
                LayerCount = layerCount,
                Settings = new EngineSettings(),
            },
            CancellationToken.None);

    private static async Task<StageResult> StepAsync(
        IStageEngine front, IStageEngine back, SequenceCommand[] commands, params StepRow[] rows)
    {
        var step = new StageStep { StepNumber = 0, Commands = [.. commands], Rows = [.. rows] };
        var result = await front.ExecuteAsync(step, CancellationToken.None);
        return await back.ExecuteAsync(step with { Hidden = result.Hidden }, CancellationToken.None);
    }
}
