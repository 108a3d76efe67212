using E2LLM.Inference.Sampling;

namespace E2LLM.Inference.Tests.Sampling;

public sealed class DrawSeedTests
{
    [Fact]
    public void At_OfManyPositions_GivesDifferentSeedsAndNeverTheRandomOne()
    {
        var seeds = Enumerable.Range(0, 100_000).Select(position => DrawSeed.At(42, position)).ToHashSet();
        // Two of 100,000 draws out of 2^32 coincide about once.
        Assert.InRange(seeds.Count, 99_990, 100_000);
        Assert.DoesNotContain(0xFFFFFFFF, seeds);
    }

    [Fact]
    public void At_OfSeedAndPositionZero_IsThePublishedFirstOutputOfSplitMix64() =>
        Assert.Equal((uint)(0xE220A8397B1DCDAF >> 32), DrawSeed.At(0, 0));
}
