using E2LLM.Scheduling.Protocols.Weights;

namespace E2LLM.Scheduling.Tests.Protocols.Weights;

public sealed class HolderTableTests
{
    private readonly HolderTable<string> _table = new(leaseSeconds: 10);

    [Fact]
    public void Holders_OfOneModel_HaveWhoHasAllOfItFirst()
    {
        Assert.Null(_table.Offer("mirror", 1, "r", isWhole: false, "m", now: 0));
        Assert.Null(_table.Offer("whole", 1, "r", isWhole: true, "w", now: 1));

        Assert.Equal([("whole", "w", 1.0), ("mirror", "m", 2.0)], _table.Holders(2));
        Assert.Equal("r", _table.Root(2));
    }

    [Fact]
    public void Holders_SilentForALease_AreForgotten()
    {
        _table.Offer("a", 1, "r", true, "", 0);
        _table.Offer("b", 1, "r", true, "", 5);

        Assert.Equal(["b"], _table.Holders(11).Select(holder => holder.Silo));
        Assert.Null(_table.Root(16));
    }

    [Fact]
    public void Offer_AnotherModel_IsToldWhoseItIsAndNotListed()
    {
        _table.Offer("first", 1, "r", true, "", 0);

        Assert.Equal("first", _table.Offer("second", 1, "other", true, "", 1));
        Assert.Equal(["first"], _table.Holders(1).Select(holder => holder.Silo));

        // The first one stays first, however often both are heard.
        _table.Offer("first", 1, "r", true, "", 2);
        Assert.Equal("first", _table.Offer("second", 1, "other", true, "", 3));
    }

    [Fact]
    public void Offer_WholeModelAgainstOldPieces_IsTheModel()
    {
        _table.Offer("mirror", 1, "old", isWhole: false, "", 0);

        Assert.Null(_table.Offer("whole", 1, "new", isWhole: true, "", 1));
        Assert.Equal("whole", _table.Offer("mirror", 1, "old", isWhole: false, "", 2));
    }

    [Fact]
    public void Leave_Holder_IsGone()
    {
        _table.Offer("a", 2, "r", true, "", 0);

        _table.Leave("a", 1); // the word of an earlier process
        Assert.Single(_table.Holders(0));
        _table.Leave("a", 2);

        Assert.Empty(_table.Holders(0));
    }

    [Fact]
    public void Offer_OfAnEarlierProcess_ChangesNothing()
    {
        _table.Offer("a", 2, "r", true, "new", 0);

        _table.Offer("a", 1, "r", true, "old", 1);

        Assert.Equal("new", _table.Holders(1).Single().Offer);
    }
}
