using E2LLM.Core.Engines;
using E2LLM.Core.Kv;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>A synthetic cache is there to give mistakes away: each of them has to change the tokens that follow.</summary>
public sealed class SyntheticKvTests
{
    private static readonly ModelSpec Model = SyntheticModel.Spec("s", layers: 4);

    private static readonly int[] Prompt = [300, 301, 555, 302, 700, 303];

    [Theory]
    [InlineData("none", true)]
    [InlineData("first row lost", false)]
    [InlineData("last row lost", false)]
    [InlineData("rows exchanged", false)]
    [InlineData("layers exchanged", false)]
    [InlineData("K and V exchanged", false)]
    [InlineData("row of another sequence", false)]
    public async Task Import_WithAMistakeInTheRows_GivesOtherTokens(string mistake, bool isRight)
    {
        var expected = SyntheticModel.ExpectedTokens(Model, Prompt, 5, SamplingOptions.Greedy);
        await using var source = await CreateAsync();
        await using var target = await CreateAsync();
        await RunAsync(source, [SequenceCommand.Open(0, SamplingOptions.Greedy)], Rows(0, Prompt));
        await RunAsync(source, [SequenceCommand.Open(1, SamplingOptions.Greedy)], Rows(1, [.. Prompt.Reverse()]));
        await RunAsync(target, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        var blocks = await source.ExportKvAsync(0, 0, Prompt.Length, CancellationToken.None);
        Spoil(mistake, blocks, await source.ExportKvAsync(1, 0, Prompt.Length, CancellationToken.None));

        await target.ImportKvAsync(0, Prompt.Length, blocks, CancellationToken.None);

        var tokens = new List<int> { expected[0] };
        for (var index = 0; index < 4; index++)
            tokens.AddRange((await RunAsync(target, [], new StepRow(expected[index], Prompt.Length + index, 0, true))).SampledTokens);
        Assert.Equal(isRight, expected.SequenceEqual(tokens));
    }

    private static void Spoil(string mistake, IReadOnlyList<KvBlock> blocks, IReadOnlyList<KvBlock> ofAnother)
    {
        var bytes = blocks[2].Bytes.Span;
        var half = bytes.Length / 2;
        switch (mistake)
        {
            case "first row lost":
                bytes[..4].Clear();
                bytes.Slice(half, 4).Clear();
                break;
            case "last row lost":
                bytes.Slice(half - 4, 4).Clear();
                bytes[^4..].Clear();
                break;
            case "rows exchanged":
                Exchange(bytes[4..8], bytes[8..12]);
                Exchange(bytes.Slice(half + 4, 4), bytes.Slice(half + 8, 4));
                break;
            case "layers exchanged":
                Exchange(bytes, blocks[3].Bytes.Span);
                break;
            case "K and V exchanged":
                Exchange(bytes[..half], bytes[half..]);
                break;
            case "row of another sequence":
                ofAnother[2].Bytes.Span[4..8].CopyTo(bytes[4..8]);
                ofAnother[2].Bytes.Span.Slice(half + 4, 4).CopyTo(bytes.Slice(half + 4, 4));
                break;
        }
    }

    private static void Exchange(Span<byte> one, Span<byte> other)
    {
        var copy = one.ToArray();
        other.CopyTo(one);
        copy.CopyTo(other);
    }

    private static StepRow[] Rows(int sequence, int[] tokens) =>
        [.. tokens.Select((token, position) => new StepRow(token, position, sequence, position == tokens.Length - 1))];

    private static Task<StageResult> RunAsync(IStageEngine engine, SequenceCommand[] commands, params StepRow[] rows) =>
        engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = [.. commands], Rows = [.. rows] }, CancellationToken.None);

    private static async Task<IKvStageEngine> CreateAsync() =>
        (IKvStageEngine)await new SyntheticStageEngineFactory(new SyntheticModelCatalog(Model), new SyntheticTiming(), TimeProvider.System)
            .CreateAsync(KvContractSpec.Of("s", 0, 4, new EngineSettings()), CancellationToken.None);
}
