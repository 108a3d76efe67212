using E2LLM.Scheduling.Protocols.Weights;

namespace E2LLM.Scheduling.Tests.Protocols.Weights;

public sealed class PieceDistributionTests
{
    [Fact]
    public void Take_TwoHolders_ShareThePieces()
    {
        var pieces = new PieceDistribution([1, 2, 3]);
        pieces.Knows("a", _ => true);
        pieces.Knows("b", piece => piece != 2);

        Assert.Equal((1, 3, 2), (pieces.Take("a"), pieces.Take("b"), pieces.Take("a")));
        Assert.Null(pieces.Take("b"));
        Assert.False(pieces.IsDone);
        foreach (var piece in new[] { 3, 1, 2 })
            pieces.Came(piece);
        Assert.True(pieces.IsDone);
    }

    [Fact]
    public void Take_UnknownHolder_GetsNothing() => Assert.Null(new PieceDistribution([1]).Take("a"));

    [Fact]
    public void IsWrong_Holder_IsAskedForNothingMoreAndThePieceFromAnother()
    {
        var pieces = new PieceDistribution([1, 2]);
        pieces.Knows("liar", _ => true);
        pieces.Knows("b", _ => true);
        var wrong = pieces.Take("liar")!.Value;

        pieces.IsWrong("liar", wrong);

        Assert.Null(pieces.Take("liar"));
        pieces.Knows("liar", _ => true); // nor when it comes again
        Assert.Null(pieces.Take("liar"));
        Assert.Equal((wrong, 2), (pieces.Take("b"), pieces.Take("b")));
        Assert.Equal(["liar"], pieces.Avoided);
    }

    [Fact]
    public void GiveBack_PieceOfABrokenConnection_IsTheNextOne()
    {
        var pieces = new PieceDistribution([1, 2, 3]);
        pieces.Knows("a", _ => true);
        pieces.Knows("b", _ => true);
        pieces.Take("a");
        pieces.Take("b");

        pieces.GiveBack(1);
        pieces.GiveBack(1); // told twice

        Assert.Equal((1, 3), (pieces.Take("b"), pieces.Take("b")));
        Assert.Null(pieces.Take("b"));
        Assert.Equal(3, pieces.LeftCount);
    }

    [Fact]
    public void GiveBack_AfterItCame_ChangesNothing()
    {
        var pieces = new PieceDistribution([1]);
        pieces.Knows("a", _ => true);
        pieces.Take("a");
        pieces.Came(1);

        pieces.GiveBack(1);

        Assert.True(pieces.IsDone);
    }

    [Fact]
    public void IsAbsent_HolderWithoutIt_IsAskedAgainOnceItSaysOtherwise()
    {
        var pieces = new PieceDistribution([1]);
        pieces.Knows("a", _ => true);
        pieces.IsAbsent("a", pieces.Take("a")!.Value);
        Assert.Null(pieces.Take("a"));

        pieces.Knows("a", _ => true);

        Assert.Equal(1, pieces.Take("a"));
    }

    /// <summary>Whatever goes wrong: every piece is asked from one holder at a time, and comes as long as one honest holder stays.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Life_OfRandomMishaps_EndsWithEveryPiece(int seed)
    {
        for (var round = 0; round < 200; round++)
        {
            var random = new Random((seed * 1000) + round);
            var pieces = new PieceDistribution(Enumerable.Range(0, 30));
            var asked = new List<(string Holder, int Piece)>();
            var came = new HashSet<int>();
            foreach (var holder in new[] { "honest", "b", "c" })
                pieces.Knows(holder, piece => holder == "honest" || piece % 2 == random.Next(2));
            for (var step = 0; !pieces.IsDone; step++)
            {
                Assert.True(step < 20_000);
                var holder = new[] { "honest", "b", "c" }[random.Next(3)];
                if (asked.Count < 6 && pieces.Take(holder) is { } piece)
                {
                    Assert.DoesNotContain(asked, flight => flight.Piece == piece);
                    Assert.DoesNotContain(piece, came);
                    asked.Add((holder, piece));
                }
                if (asked.Count == 0 || random.Next(2) == 0)
                    continue;
                var flight = asked[random.Next(asked.Count)];
                asked.Remove(flight);
                switch (random.Next(8))
                {
                    case 0 when flight.Holder != "honest":
                        pieces.IsWrong(flight.Holder, flight.Piece);
                        break;
                    case 1 when flight.Holder != "honest":
                        pieces.IsAbsent(flight.Holder, flight.Piece);
                        break;
                    case 2:
                        pieces.GiveBack(flight.Piece);
                        break;
                    default:
                        pieces.Came(flight.Piece);
                        came.Add(flight.Piece);
                        break;
                }
            }
            Assert.Equal(Enumerable.Range(0, 30), came.Order());
        }
    }
}
