using System.Collections.Immutable;
using E2LLM.Scheduling.Prefixes;

namespace E2LLM.Scheduling.Tests.Prefixes;

public sealed class PrefixIndexTests
{
    [Theory]
    [InlineData("1 2 3 4 5 6 7 8", 8, 8)]
    [InlineData("1 2 3 4 5 6 7 8", 7, 4)]
    [InlineData("1 2 3 4 5 6 0 0", 8, 4)]
    [InlineData("0 2 3 4 5 6 7 8", 8, 0)]
    [InlineData("1 2 3", 3, 0)]
    public void Find_SharesWholeBlocksOnly(string text, int maxTokens, int expected)
    {
        var index = new PrefixIndex(blockTokens: 4);
        index.Add(5, Tokens("1 2 3 4 5 6 7 8 9"));

        Assert.Equal((expected > 0 ? 5 : -1, expected), index.Find(Tokens(text), maxTokens));
    }

    [Fact]
    public void Find_SeveralSlots_TakesTheLongestMatch()
    {
        var index = new PrefixIndex(blockTokens: 2);
        index.Add(0, Tokens("1 2 9 9"));
        index.Add(1, Tokens("1 2 3 4"));
        index.Add(2, Tokens("7 8"));

        Assert.Equal((1, 4), index.Find(Tokens("1 2 3 4 5"), 5));
        Assert.Equal((0, 2), index.Find(Tokens("1 2 3 4 5"), 5, exceptSlot: 1));
    }

    [Fact]
    public void Remove_LeavesTheOthers()
    {
        var index = new PrefixIndex(blockTokens: 2);
        index.Add(0, Tokens("1 2 3 4"));
        index.Add(1, Tokens("1 2"));
        index.Remove(0);
        index.Remove(0);

        Assert.Equal((1, 2), index.Find(Tokens("1 2 3 4"), 4));
        index.Remove(1);
        Assert.Equal((-1, 0), index.Find(Tokens("1 2 3 4"), 4));
    }

    [Fact]
    public void Find_OtherTextOfTheSameHash_IsNoMatch()
    {
        // The second token of a block can undo what the first one did to the lower half of the hash; so the upper halves have to meet.
        Dictionary<ulong, (int Token, ulong Hash)> byUpperHalf = [];
        (int Token, ulong Hash) first = default, second = default;
        for (var token = 0; second == default; token++)
        {
            var hash = (14695981039346656037UL ^ (uint)(token * 2654435761u)) * 1099511628211UL;
            if (byUpperHalf.TryGetValue(hash >> 32, out first))
                second = ((int)(uint)(token * 2654435761u), hash);
            else
                byUpperHalf.Add(hash >> 32, ((int)(uint)(token * 2654435761u), hash));
        }

        var index = new PrefixIndex(blockTokens: 2);
        index.Add(0, [first.Token, 5]);

        Assert.Equal((-1, 0), index.Find([second.Token, 5 ^ (int)(uint)(first.Hash ^ second.Hash)], 2));
        Assert.Equal((0, 2), index.Find([first.Token, 5], 2));
    }

    [Fact]
    public void Find_RandomTexts_AgreesWithComparingAll()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var block = random.Next(1, 4);
            var index = new PrefixIndex(block);
            var texts = Enumerable.Range(0, random.Next(1, 8)).Select(_ => RandomText(random)).ToArray();
            for (var slot = 0; slot < texts.Length; slot++)
                index.Add(slot, texts[slot]);
            var removed = random.Next(texts.Length);
            index.Remove(removed);
            var query = RandomText(random);

            var expected = texts.Where((_, slot) => slot != removed)
                .Select(text => Math.Min(text.Length / block * block, query.AsSpan().CommonPrefixLength(text.AsSpan()) / block * block))
                .DefaultIfEmpty(0).Max();
            Assert.Equal(expected, index.Find(query, query.Length).Tokens);
        }
    }

    private static ImmutableArray<int> RandomText(Random random) =>
        [.. Enumerable.Range(0, random.Next(0, 10)).Select(_ => random.Next(2))];

    private static ImmutableArray<int> Tokens(string text) => [.. text.Split(' ').Select(int.Parse)];
}
