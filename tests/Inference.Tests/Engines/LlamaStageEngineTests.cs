using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Emulation;
using E2LLM.Inference.Sampling;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Engines;

[Collection(NativeCollection.Name)]
public sealed class LlamaStageEngineTests(TestModels models)
{
    private static readonly StageEngineSpec Spec = new()
    {
        ModelId = TestModels.Demo,
        Device = new DeviceSpec { Id = "pi", MemoryBytes = 1 << 30 },
        FirstLayer = 0,
        LayerCount = 8,
        Settings = new EngineSettings { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 },
    };

    [Fact]
    public async Task Execute_ThatFailsInside_LeavesItsSequencesAsTheyWereBeforeItsRows()
    {
        var penalised = SamplingOptions.Greedy with { RepeatPenalty = 5 };
        await using var engine = await models.Factory.LoadAsync(Spec, CancellationToken.None);
        await RunAsync(engine, [SequenceCommand.Open(0, penalised), SequenceCommand.Open(1, penalised)]);
        await RunAsync(engine, [], new(300, 0, 0, true), new(400, 0, 1, true));
        StepRow[] rows = [new(301, 1, 0, true), new(401, 1, 1, false), new(402, 2, 1, true)];
        var expected = await RunAsync(engine, [], rows);
        await RunAsync(engine, [SequenceCommand.Truncate(0, 1), SequenceCommand.Truncate(1, 1)]);
        // The first row has been decoded and drawn by the time that the second one fails.
        engine.LogitsObserver = (sequence, _, _) => _ = sequence == 1 ? throw new InvalidDataException("made up") : 0;

        var error = await Assert.ThrowsAsync<EngineException>(() => RunAsync(engine, [SequenceCommand.Open(2, penalised)], rows));

        Assert.Contains("device 'pi'", error.Message);
        Assert.Contains("made up", error.Message);
        Assert.Equal(new StageEngineUsage(3, 2), engine.Usage);
        engine.LogitsObserver = null;
        Assert.Equal(expected.SampledTokens.AsEnumerable(), (await RunAsync(engine, [], rows)).SampledTokens);
    }

    [Fact]
    public async Task Load_OnTheProcessorByName_ComputesAsItDoesWithout()
    {
        await using var engine = await models.Factory.LoadAsync(Spec, CancellationToken.None);
        await using var named = await models.Factory.LoadAsync(Spec with { Device = Spec.Device with { ComputeDevice = "CPU" } }, CancellationToken.None);
        StepRow[] rows = [new(300, 0, 0, true), new(301, 1, 0, true)];

        var tokens = await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)], rows);

        Assert.Equal(tokens.SampledTokens.AsEnumerable(), (await RunAsync(named, [SequenceCommand.Open(0, SamplingOptions.Greedy)], rows)).SampledTokens);
    }

    [Fact]
    public async Task Load_OnADeviceThatTheEngineLacks_NamesThoseThatItHas()
    {
        var error = await Assert.ThrowsAsync<EngineException>(
            () => models.Factory.LoadAsync(Spec with { Device = Spec.Device with { ComputeDevice = "CUDA0" } }, CancellationToken.None));

        Assert.Contains("no compute device 'CUDA0'", error.Message);
        Assert.Contains("CPU", error.Message);
    }

    [Fact]
    public async Task Execute_OfSequencesWithDifferentSampling_DrawsEachByItsOwn()
    {
        SamplingOptions[] options =
        [
            SamplingOptions.Greedy,
            new() { Temperature = 1.7f, TopK = 0, TopP = 1, MinP = 0, Seed = 3 },
            new() { Temperature = 1.7f, TopK = 0, TopP = 1, MinP = 0, Seed = 4 },
            SamplingOptions.Greedy with { RepeatPenalty = 8 },
        ];
        await using var engine = await models.Factory.LoadAsync(Spec, CancellationToken.None);
        var vocabulary = models.Catalog.Find(TestModels.Demo)!.VocabularySize;
        using var candidates = new CandidateBuffer(vocabulary);
        var twins = options.Select(option => new SequenceSampler(TestRuntime.Instance, option, [], [], candidates, vocabulary)).ToArray();
        var expected = new List<int>();
        engine.LogitsObserver = (sequence, position, logits) => expected.Add(twins[sequence].Draw(logits, position));
        await RunAsync(engine, [.. options.Select((option, sequence) => SequenceCommand.Open(sequence, option))]);
        int[] tokens = [300, 300, 300, 300];
        for (var position = 0; position < 10; position++)
        {
            expected.Clear();
            var result = await RunAsync(
                engine, [], [.. tokens.Select((token, sequence) => new StepRow(token, position, sequence, true))]);
            tokens = [.. result.SampledTokens];
            Assert.Equal(expected, tokens);
        }
        Assert.True(tokens.Distinct().Count() > 1, "Four ways to sample should not agree after ten tokens.");
        foreach (var twin in twins)
            twin.Dispose();
    }

    [Fact]
    public async Task Create_OnAnEmulatedDevice_SlowsTheEngineDown()
    {
        var emulated = Spec with { Device = Spec.Device with { SlowdownFactor = 3 } };
        await using var engine = await models.Factory.CreateAsync(emulated, CancellationToken.None);
        Assert.IsType<EmulatedStageEngine>(engine);
    }

    [Fact]
    public async Task Create_SaysWhatTheEngineIs()
    {
        await using var engine = await models.Factory.CreateAsync(Spec with { FirstLayer = 2, LayerCount = 3 }, CancellationToken.None);
        var info = engine.Info;
        Assert.Equal((2, 3, false, false, 192), (info.FirstLayer, info.LayerCount, info.IsFirst, info.IsLast, info.HiddenWidth));
        var model = models.Catalog.Find(TestModels.Demo)!;
        Assert.InRange(info.WeightBytes, model.WeightBytes(2, 3), model.WeightBytes(2, 3) + 10_000);
    }

    [Fact]
    public async Task Create_OfAnUnknownModel_ListsTheKnownOnes()
    {
        var error = await Assert.ThrowsAsync<RequestRejectedException>(
            () => models.Factory.CreateAsync(Spec with { ModelId = "gpt-9" }, CancellationToken.None));
        Assert.Contains(TestModels.Demo, error.Message);
    }

    [Fact]
    public async Task Create_WithAbsurdSettings_NamesEachOfThem()
    {
        var absurd = Spec with
        {
            FirstLayer = 6,
            LayerCount = 3,
            Device = Spec.Device with { Threads = 0, SlowdownFactor = double.NaN },
            Settings = Spec.Settings with { KvCells = 2_000_000_000, MaxSequences = 256, MaxStepTokens = 0 },
        };
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => models.Factory.CreateAsync(absurd, CancellationToken.None));
        foreach (var part in new[] { "layers 6 to 8", "Threads is 0", "SlowdownFactor", "KvCells is 2000000000", "MaxSequences is 256" })
            Assert.Contains(part, error.Message);
        Assert.Contains("MaxStepTokens is 0", error.Message);
    }

    [Fact]
    public async Task Create_OnADeviceThatIsTooSmall_SaysByHowMuch()
    {
        var model = models.Catalog.Find(TestModels.Demo)!;
        var needed = model.WeightBytes(0, 8) + 64 * model.KvBytesPerToken(0, 8);
        var error = await Assert.ThrowsAsync<EngineException>(
            () => models.Factory.CreateAsync(WithMemory(needed - 5), CancellationToken.None));
        Assert.Contains(" 5 more than", error.Message);
        await using var engine = await models.Factory.CreateAsync(WithMemory(needed), CancellationToken.None);

        static StageEngineSpec WithMemory(long bytes) => Spec with { Device = Spec.Device with { MemoryBytes = bytes } };
    }

    private static Task<StageResult> RunAsync(IStageEngine engine, SequenceCommand[] commands, params StepRow[] rows) =>
        engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = [.. commands], Rows = [.. rows] }, CancellationToken.None);
}
