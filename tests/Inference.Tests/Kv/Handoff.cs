using E2LLM.Core.Engines;
using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Inference.Tests.Exactness;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>A sequence that starts in one replica and goes on in another one.</summary>
internal sealed record Handoff
{
    private static readonly EngineSettings Defaults = new() { KvCells = 256, MaxSequences = 8, MaxStepTokens = 32, MaxSequenceTokens = 128 };

    public required string ModelId { get; init; }

    public required int[] FromCut { get; init; }

    public required int[] ToCut { get; init; }

    public EngineSettings From { get; init; } = Defaults;

    public EngineSettings To { get; init; } = Defaults;

    public int FromSlot { get; init; }

    public int ToSlot { get; init; }

    /// <summary>Exported behind each of these chunks of the prompt, while the next one runs.</summary>
    public int[] Chunks { get; init; } = [16, 7, 17];

    /// <summary>Decoded before the hand-off.</summary>
    public int TokensBefore { get; init; } = 2;

    private int PromptTokens => Chunks.Sum();

    private int Positions => PromptTokens + TokensBefore;

    /// <summary>Logits of the uninterrupted, unsliced model.</summary>
    public List<float[]> Uninterrupted(TestModels models)
    {
        using var whole = new WholeModel(models.PathOf(ModelId), From);
        var prompt = Prompt(whole.VocabularySize);
        List<float[]> logits = [];
        foreach (var (start, rows) in Starts())
            logits = Decode(Rows(prompt, start, rows));
        for (var index = 0; index < TokensBefore; index++)
            logits = Decode(new StepRow(Likeliest(logits[^1]), PromptTokens + index, 0, true));
        var after = new List<float[]>();
        foreach (var rows in RowsAfter(prompt, Likeliest(logits[^1])))
            after.AddRange(Decode(rows));
        return after;

        List<float[]> Decode(params StepRow[] rows) => whole.Decode([.. rows.Select(row => (row.Token, row.Position, row.Sequence, row.IsOutput))]);
    }

    /// <summary>Logits of the replica that took over.</summary>
    public async Task<List<float[]>> RunAsync(TestModels models)
    {
        await using var source = await SlicedModel.LoadAsync(models, ModelId, From, FromCut);
        await using var target = await SlicedModel.LoadAsync(models, ModelId, To, ToCut);
        var prompt = Prompt(models.Catalog.Find(ModelId)!.VocabularySize);
        await source.OpenAsync(FromSlot);
        var exports = new List<Task<IReadOnlyList<KvBlock>>>();
        var exported = 0;
        var token = 0;
        foreach (var (start, rows) in Starts())
        {
            token = (await source.RunAsync(InSlot(FromSlot, Rows(prompt, start, rows)))).Tokens[^1];
            Export(start + rows);
        }
        for (var index = 0; index < TokensBefore; index++)
            token = (await source.RunAsync(new StepRow(token, PromptTokens + index, FromSlot, true))).Tokens[^1];
        if (TokensBefore > 0)
            Export(Positions);
        var blocks = (await Task.WhenAll(exports)).SelectMany(part => part).ToLookup(block => block.Header.Layer);
        await target.OpenAsync(ToSlot);
        foreach (var stage in target.Stages)
        {
            var layers = Enumerable.Range(stage.Info.FirstLayer, stage.Info.LayerCount);
            await stage.ImportKvAsync(ToSlot, Positions, [.. layers.SelectMany(layer => blocks[layer])], CancellationToken.None);
        }
        var logits = new List<float[]>();
        foreach (var rows in RowsAfter(prompt, token))
            logits.AddRange((await target.RunAsync(InSlot(ToSlot, rows))).Logits);
        return logits;

        // Not waited for: the next step queues behind it.
        void Export(int end)
        {
            foreach (var stage in source.Stages)
                exports.Add(stage.ExportKvAsync(FromSlot, exported, end, CancellationToken.None));
            exported = end;
        }
    }

    private IEnumerable<(int Start, int Rows)> Starts()
    {
        var start = 0;
        foreach (var rows in Chunks)
        {
            yield return (start, rows);
            start += rows;
        }
    }

    // Single rows, as in decoding, and a chunk, as in a next turn. The tokens are fixed, so that every row can be compared.
    private List<StepRow[]> RowsAfter(int[] prompt, int token) =>
    [
        [new StepRow(token, Positions, 0, true)],
        .. Enumerable.Range(1, 6).Select(index => new[] { new StepRow(prompt[index], Positions + index, 0, true) }),
        [.. Enumerable.Range(7, 12).Select(index => new StepRow(prompt[index], Positions + index, 0, index == 18))],
        [new StepRow(prompt[19], Positions + 19, 0, true)],
    ];

    private int[] Prompt(int vocabularySize)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Math.Max(PromptTokens, 20)).Select(_ => random.Next(261, vocabularySize))];
    }

    private static StepRow[] Rows(int[] prompt, int start, int rows) =>
        [.. Enumerable.Range(start, rows).Select(position => new StepRow(prompt[position], position, 0, position == start + rows - 1))];

    private static StepRow[] InSlot(int slot, StepRow[] rows) => [.. rows.Select(row => row with { Sequence = slot })];

    private static int Likeliest(float[] logits) => Array.IndexOf(logits, logits.Max());
}
