using E2LLM.Core.Plans;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Kv;

[Collection(NativeCollection.Name)]
public sealed class HandoffTests(TestModels models)
{
    private static readonly string Q8 = TestModels.Id("tiny-llama", GgmlType.Q8_0);

    [Theory]
    [MemberData(nameof(TestModels.Architectures), MemberType = typeof(TestModels))]
    public async Task Handoff_OfEveryArchitecture_GivesTheBitsOfTheUninterruptedWholeModel(string modelId) =>
        await AssertExactAsync(new Handoff { ModelId = modelId, FromCut = [3, 5], ToCut = [4, 4] });

    [Theory]
    [InlineData("tiny-llama-f32")]
    [InlineData("tiny-llama-q4_0")]
    [InlineData("tiny-gpt-oss-q8_0")]
    [InlineData("tiny-gemma3-q8_0")]
    [InlineData(TestModels.Demo)]
    public async Task Handoff_BetweenManyCuts_GivesTheBitsOfTheUninterruptedWholeModel(string modelId)
    {
        var handoff = new Handoff { ModelId = modelId, FromCut = [2, 2, 2, 2], ToCut = [3, 5] };
        await AssertExactAsync(handoff);
        await AssertExactAsync(handoff with { FromCut = [1, 1, 3, 1, 2], ToCut = [8] });
        await AssertExactAsync(handoff with { FromCut = [8], ToCut = [1, 1, 3, 1, 2] });
    }

    [Theory]
    [InlineData("tiny-llama-q8_0", KvCacheType.Q8_0)]
    [InlineData("tiny-llama-q8_0", KvCacheType.F32)]
    [InlineData("tiny-qwen3-q8_0", KvCacheType.Q8_0)]
    [InlineData("tiny-gemma3-q8_0", KvCacheType.Q8_0)]
    [InlineData(TestModels.Demo, KvCacheType.Q8_0)]
    public async Task Handoff_WithAnotherKvType_GivesTheBitsOfTheUninterruptedWholeModel(string modelId, KvCacheType type)
    {
        var handoff = new Handoff { ModelId = modelId, FromCut = [3, 5], ToCut = [4, 4] };
        await AssertExactAsync(handoff with { From = handoff.From with { KvType = type }, To = handoff.To with { KvType = type } });
    }

    [Theory]
    [InlineData("tiny-llama-q8_0", KvCacheType.F16)]
    [InlineData("tiny-llama-q8_0", KvCacheType.F32)]
    [InlineData("tiny-gpt-oss-q8_0", KvCacheType.F16)]
    public async Task Handoff_WithoutFlashAttention_GivesTheBitsOfTheUninterruptedWholeModel(string modelId, KvCacheType type)
    {
        var handoff = new Handoff { ModelId = modelId, FromCut = [3, 5], ToCut = [4, 4] };
        var plain = handoff.From with { KvType = type, FlashAttention = false };
        await AssertExactAsync(handoff with { From = plain, To = plain });
    }

    [Theory]
    [InlineData("tiny-llama-q8_0")]
    [InlineData("tiny-gemma3-q8_0")]
    public async Task Handoff_ToAnotherSlotOfALargerCache_GivesTheBitsOfTheUninterruptedWholeModel(string modelId)
    {
        var handoff = new Handoff { ModelId = modelId, FromCut = [3, 5], ToCut = [4, 4], FromSlot = 1, ToSlot = 6 };
        await AssertExactAsync(handoff with
        {
            From = handoff.From with { MaxSequences = 2 },
            To = handoff.To with { KvCells = 1024, MaxSequences = 16, MaxSequenceTokens = 1024 },
        });
    }

    [Theory]
    [InlineData("tiny-llama-q8_0")]
    [InlineData("tiny-gemma3-q8_0")]
    public async Task Handoff_FromAReplicaWithoutAFreeSlot_GivesTheBitsOfTheUninterruptedWholeModel(string modelId)
    {
        var handoff = new Handoff { ModelId = modelId, FromCut = [3, 5], ToCut = [4, 4] };
        await AssertExactAsync(handoff with { From = handoff.From with { MaxSequences = 1 } });
    }

    [Fact]
    public async Task Handoff_RightAfterPrefill_GivesTheBitsOfTheUninterruptedWholeModel() =>
        await AssertExactAsync(new Handoff { ModelId = Q8, FromCut = [3, 5], ToCut = [4, 4], Chunks = [1, 32, 3], TokensBefore = 0 });

    private async Task AssertExactAsync(Handoff handoff)
    {
        handoff = handoff with { FromCut = TestRuntime.CutOf(handoff.ModelId, handoff.FromCut), ToCut = TestRuntime.CutOf(handoff.ModelId, handoff.ToCut) };
        var expected = handoff.Uninterrupted(models);
        var actual = await handoff.RunAsync(models);
        Assert.Equal(expected.Count, actual.Count);
        for (var row = 0; row < expected.Count; row++)
            for (var token = 0; token < expected[row].Length; token++)
                if (BitConverter.SingleToInt32Bits(expected[row][token]) != BitConverter.SingleToInt32Bits(actual[row][token]))
                    Assert.Fail($"Row {row}, token {token}: {actual[row][token]:R} instead of {expected[row][token]:R}.");
    }
}
