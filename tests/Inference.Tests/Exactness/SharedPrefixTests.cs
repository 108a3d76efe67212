using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Exactness;

/// <summary>
/// A prompt after a prefix that another request left behind, in whole steps: every logit has the bits of the prompt that is read alone.
/// With steps of 64 rows flash attention works in tiles, with fewer it does not.
/// </summary>
[Collection(NativeCollection.Name)]
public sealed class SharedPrefixTests(TestModels models)
{
    private const int AnswerTokens = 6;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var type in new[] { GgmlType.F32, GgmlType.F16, GgmlType.Q8_0, GgmlType.Q4_0 })
                foreach (var step in new[] { 32, 64 })
                    cases.Add(TestModels.Id("tiny-llama", type), step);
            foreach (var shape in new[] { "tiny-mixtral", "tiny-qwen2", "tiny-qwen3", "tiny-qwen3moe", "tiny-phi3" })
                cases.Add(TestModels.Id(shape, GgmlType.Q8_0), 64);
            cases.Add(TestModels.Demo, 32);
            cases.Add(TestModels.Demo, 64);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Read_AfterAPrefixOfWholeSteps_GivesTheBitsOfThePromptReadAlone(string modelId, int step)
    {
        var prompts = Prompts(models.Catalog.Find(modelId)!.VocabularySize, sharedTokens: 2 * step);
        var expected = await AloneAsync(modelId, step, prompts.Second);

        await using var model = await LoadAsync(modelId, step);
        await model.OpenAsync(0);
        await ReadAsync(model, 0, prompts.First, from: 0, step);
        await model.StepAsync([SequenceCommand.Truncate(0, 2 * step), SequenceCommand.Open(1, SamplingOptions.Greedy), SequenceCommand.Copy(1, 0, 2 * step)]);

        Assert.Equal(expected, await ReadAsync(model, 1, prompts.Second, from: 2 * step, step));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Read_BesideAKeptPrefixOfWholeSteps_GivesTheBitsOfThePromptReadAlone(string modelId, int step)
    {
        var prompts = Prompts(models.Catalog.Find(modelId)!.VocabularySize, sharedTokens: 0);
        var expected = await AloneAsync(modelId, step, prompts.Second);

        await using var model = await LoadAsync(modelId, step);
        await model.OpenAsync(0);
        await ReadAsync(model, 0, prompts.First, from: 0, step);
        await model.StepAsync([SequenceCommand.Truncate(0, step), SequenceCommand.Open(1, SamplingOptions.Greedy)]);

        Assert.Equal(expected, await ReadAsync(model, 1, prompts.Second, from: 0, step));
    }

    private async Task<List<int[]>> AloneAsync(string modelId, int step, int[] prompt)
    {
        await using var model = await LoadAsync(modelId, step);
        await model.OpenAsync(1);
        return await ReadAsync(model, 1, prompt, from: 0, step);
    }

    private Task<SlicedModel> LoadAsync(string modelId, int step) => SlicedModel.LoadAsync(
        models, modelId, new EngineSettings { KvCells = 1024, MaxSequences = 4, MaxStepTokens = step, MaxSequenceTokens = 256 }, 3, 5);

    /// <summary>The bits of the logits of the last token and of a greedy answer.</summary>
    private static async Task<List<int[]>> ReadAsync(SlicedModel model, int sequence, int[] prompt, int from, int step)
    {
        List<int[]> bits = [];
        var token = 0;
        for (var start = from; start < prompt.Length; start += step)
            await RunAsync([.. prompt.Skip(start).Take(step).Select((value, row) =>
                new StepRow(value, start + row, sequence, start + row == prompt.Length - 1))]);
        for (var position = prompt.Length; position < prompt.Length + AnswerTokens; position++)
            await RunAsync([new StepRow(token, position, sequence, true)]);
        return bits;

        async Task RunAsync(StepRow[] rows)
        {
            var (logits, tokens) = await model.RunAsync(rows);
            bits.AddRange(logits.Select(row => Array.ConvertAll(row, BitConverter.SingleToInt32Bits)));
            token = tokens.LastOrDefault();
        }
    }

    /// <summary>Two prompts of no whole number of steps, and how they begin.</summary>
    private static (int[] First, int[] Second) Prompts(int vocabularySize, int sharedTokens)
    {
        var random = new Random(3);
        int[] shared = Tokens(sharedTokens);
        return ([.. shared, .. Tokens(90)], [.. shared, .. Tokens(87)]);

        int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(261, vocabularySize))];
    }
}
