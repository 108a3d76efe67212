using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Exactness;

[Collection(NativeCollection.Name)]
public sealed class SlicedModelTests(TestModels models)
{
    private static readonly EngineSettings Settings =
        new() { KvCells = 256, MaxSequences = 32, MaxStepTokens = 32, MaxSequenceTokens = 256 };

    [Theory]
    [MemberData(nameof(TestModels.Architectures), MemberType = typeof(TestModels))]
    public async Task Run_OfEveryArchitecture_GivesTheBitsOfTheWholeModel(string modelId)
    {
        var expected = Generate(modelId, Settings, promptTokens: 40, chunk: 32, answerTokens: 4);
        foreach (int[] cut in new int[][] { [8], [4, 4], [3, 1, 4] })
            AssertSame(expected, await GenerateAsync(modelId, Settings, promptTokens: 40, chunk: 32, answerTokens: 4, TestRuntime.CutOf(modelId, cut)));
    }

    [Theory]
    [InlineData("tiny-gpt-oss-q8_0")]
    [InlineData("tiny-gemma3-q8_0")]
    public async Task Load_OfACutThatTheRuntimeCannotMake_IsRefusedAndNeverWrong(string modelId)
    {
        var expected = Generate(modelId, Settings, promptTokens: 20, chunk: 20, answerTokens: 2);
        for (var first = 1; first < 8; first++)
            if (TestRuntime.CanCut(modelId, first, 8 - first))
                AssertSame(expected, await GenerateAsync(modelId, Settings, promptTokens: 20, chunk: 20, answerTokens: 2, first, 8 - first));
            else
                Assert.Contains("E2LLM:Engine:Runtime", (await Assert.ThrowsAsync<ModelFileException>(
                    () => GenerateAsync(modelId, Settings, promptTokens: 20, chunk: 20, answerTokens: 2, first, 8 - first))).Message);
    }

    [Theory]
    [InlineData("tiny-llama-f32")]
    [InlineData("tiny-llama-q4_0")]
    [InlineData("tiny-gpt-oss-q8_0")]
    [InlineData("tiny-gemma3-q8_0")]
    public async Task Run_InEightSlicesOfOneLayer_GivesTheBitsOfTheWholeModel(string modelId)
    {
        AssertSame(
            Generate(modelId, Settings, promptTokens: 30, chunk: 30, answerTokens: 12),
            await GenerateAsync(modelId, Settings, promptTokens: 30, chunk: 30, answerTokens: 12, 1, 1, 1, 1, 1, 1, 1, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    public async Task Run_WithChunkedPrefill_GivesTheBitsOfTheWholeModelChunkedAlike(int chunk) =>
        AssertSame(
            Generate(TestModels.Demo, Settings, promptTokens: 33, chunk, answerTokens: 4),
            await GenerateAsync(TestModels.Demo, Settings, promptTokens: 33, chunk, answerTokens: 4, 5, 3));

    [Fact]
    public async Task Run_OfALongPrompt_GivesTheBitsOfTheWholeModel()
    {
        // Flash attention takes another way beyond 512 cells.
        var settings = Settings with { KvCells = 1024, MaxSequenceTokens = 1024, MaxSequences = 64, MaxStepTokens = 64 };
        var modelId = TestModels.Id("tiny-llama", GgmlType.F16);
        AssertSame(
            Generate(modelId, settings, promptTokens: 600, chunk: 64, answerTokens: 3),
            await GenerateAsync(modelId, settings, promptTokens: 600, chunk: 64, answerTokens: 3, 1, 7));
    }

    [Fact]
    public async Task Run_WithoutFlashAttentionRepackAndF16_GivesTheBitsOfTheWholeModel()
    {
        var plain = Settings with { FlashAttention = false, Repack = false, KvType = KvCacheType.F32 };
        var modelId = TestModels.Id("tiny-llama", GgmlType.Q4_0);
        AssertSame(
            Generate(modelId, plain, promptTokens: 20, chunk: 20, answerTokens: 4),
            await GenerateAsync(modelId, plain, promptTokens: 20, chunk: 20, answerTokens: 4, 2, 6));
    }

    [Fact]
    public async Task Run_WithQuantizedKv_GivesTheBitsOfTheWholeModel()
    {
        var quantized = Settings with { KvType = KvCacheType.Q8_0 };
        var modelId = TestModels.Id("tiny-llama", GgmlType.Q8_0);
        AssertSame(
            Generate(modelId, quantized, promptTokens: 20, chunk: 20, answerTokens: 4),
            await GenerateAsync(modelId, quantized, promptTokens: 20, chunk: 20, answerTokens: 4, 4, 4));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_OfDecodingSequencesMixedWithAPrefillChunk_GivesTheBitsOfTheWholeModel(bool chunkFirst)
    {
        var modelId = TestModels.Id("tiny-llama", GgmlType.Q8_0);
        using var whole = new WholeModel(models.PathOf(modelId), Settings);
        await using var sliced = await SlicedModel.LoadAsync(models, modelId, Settings, 2, 5, 1);
        for (var sequence = 0; sequence < 4; sequence++)
            await sliced.OpenAsync(sequence);
        var next = new int[4];
        for (var sequence = 0; sequence < 3; sequence++)
            next[sequence] = await BothAsync(Rows(sequence, 0, Prompt(10 + sequence, sequence, whole.VocabularySize)));
        var prompt = Prompt(24, 99, whole.VocabularySize);
        for (var step = 0; step < 3; step++)
        {
            var chunk = Rows(3, step * 8, prompt[(step * 8)..(step * 8 + 8)]);
            StepRow[] decodes =
                [.. Enumerable.Range(0, 3).Select(sequence => new StepRow(next[sequence], 10 + sequence + step, sequence, true))];
            StepRow[] rows = chunkFirst ? [.. chunk, .. decodes] : [.. decodes, .. chunk];
            var (logits, tokens) = await sliced.RunAsync(rows);
            AssertSame(whole.Decode(Plain(rows)), logits);
            for (var sequence = 0; sequence < 3; sequence++)
                next[sequence] = tokens[sequence + (chunkFirst ? 1 : 0)];
        }

        async Task<int> BothAsync(StepRow[] rows)
        {
            var (logits, tokens) = await sliced.RunAsync(rows);
            AssertSame(whole.Decode(Plain(rows)), logits);
            return Assert.Single(tokens);
        }
    }

    [Fact]
    public async Task Run_WithOutputsAmongRowsOfSeveralSequences_GivesTheBitsInRowOrder()
    {
        using var whole = new WholeModel(models.PathOf(TestModels.Demo), Settings);
        await using var sliced = await SlicedModel.LoadAsync(models, TestModels.Demo, Settings, 3, 5);
        for (var sequence = 0; sequence < 3; sequence++)
            await sliced.OpenAsync(sequence);
        // With a KV cache of streams, this very layout silently gave rows in another order.
        StepRow[] rows =
        [
            new(300, 0, 0, true), new(301, 1, 0, false), new(302, 2, 0, true), new(400, 0, 1, false), new(500, 0, 2, true),
            new(401, 1, 1, true),
        ];
        AssertSame(whole.Decode(Plain(rows)), (await sliced.RunAsync(rows)).Logits);
    }

    private List<float[]> Generate(string modelId, EngineSettings settings, int promptTokens, int chunk, int answerTokens)
    {
        using var whole = new WholeModel(models.PathOf(modelId), settings);
        var logits = new List<float[]>();
        var prompt = Prompt(promptTokens, 7, whole.VocabularySize);
        for (var start = 0; start < promptTokens; start += chunk)
            logits.AddRange(whole.Decode(Plain(Outputs(Rows(0, start, prompt[start..Math.Min(promptTokens, start + chunk)])))));
        for (var position = promptTokens; position < promptTokens + answerTokens; position++)
            logits.AddRange(whole.Decode((Likeliest(logits[^1]), position, 0, true)));
        return logits;
    }

    private async Task<List<float[]>> GenerateAsync(
        string modelId, EngineSettings settings, int promptTokens, int chunk, int answerTokens, params int[] cut)
    {
        await using var sliced = await SlicedModel.LoadAsync(models, modelId, settings, cut);
        await sliced.OpenAsync(0);
        var logits = new List<float[]>();
        var prompt = Prompt(promptTokens, 7, models.Catalog.Find(modelId)!.VocabularySize);
        var token = 0;
        for (var start = 0; start < promptTokens; start += chunk)
            await RunAsync(Outputs(Rows(0, start, prompt[start..Math.Min(promptTokens, start + chunk)])));
        for (var position = promptTokens; position < promptTokens + answerTokens; position++)
            await RunAsync(new StepRow(token, position, 0, true));
        return logits;

        async Task RunAsync(params StepRow[] rows)
        {
            var (rowLogits, tokens) = await sliced.RunAsync(rows);
            logits.AddRange(rowLogits);
            token = tokens[^1];
            Assert.Equal(Likeliest(logits[^1]), token);
        }
    }

    private static int[] Prompt(int tokens, int seed, int vocabularySize)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(261, vocabularySize))];
    }

    // A prompt's rows; the last one is an output.
    private static StepRow[] Rows(int sequence, int start, int[] tokens) =>
        [.. tokens.Select((token, index) => new StepRow(token, start + index, sequence, index == tokens.Length - 1))];

    private static StepRow[] Outputs(StepRow[] rows) => [.. rows.Select(row => row with { IsOutput = true })];

    private static (int, int, int, bool)[] Plain(StepRow[] rows) =>
        [.. rows.Select(row => (row.Token, row.Position, row.Sequence, row.IsOutput))];

    private static int Likeliest(float[] logits) => Array.IndexOf(logits, logits.Max());

    private static void AssertSame(List<float[]> expected, List<float[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var row = 0; row < expected.Count; row++)
            for (var token = 0; token < expected[row].Length; token++)
                if (BitConverter.SingleToInt32Bits(expected[row][token]) != BitConverter.SingleToInt32Bits(actual[row][token]))
                    Assert.Fail($"Row {row}, token {token}: {actual[row][token]:R} instead of {expected[row][token]:R}.");
    }
}
