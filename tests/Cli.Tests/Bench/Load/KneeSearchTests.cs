using E2LLM.Cli.Bench.Load;

namespace E2LLM.Cli.Tests.Bench.Load;

public sealed class KneeSearchTests
{
    [Fact]
    public void Next_ServerOfAGivenCapacity_EndsCloseBelowIt()
    {
        var search = new KneeSearch(first: 1, isWhole: false, requiredAttainment: 0.9, maxPoints: 100);

        Run(search, capacity: 21);

        Assert.True(search.IsBracketed);
        Assert.InRange(search.Knee!.Value, 16, 21);
    }

    [Fact]
    public void Next_WholeLoads_FindsTheExactOneWhereStepsSuffice()
    {
        var search = new KneeSearch(first: 1, isWhole: true, requiredAttainment: 0.9, maxPoints: 100);

        var tried = Run(search, capacity: 5);

        Assert.Equal([1, 2, 4, 8, 6, 5], tried);
        Assert.Equal(5, search.Knee);
    }

    [Fact]
    public void Next_FirstLoadTooMuch_StopsThere()
    {
        var search = new KneeSearch(first: 10, isWhole: false, requiredAttainment: 0.9, maxPoints: 100);

        Assert.Equal([10], Run(search, capacity: 1));
        Assert.Null(search.Knee);
        Assert.False(search.IsBracketed);
    }

    [Fact]
    public void Next_NothingTooMuch_StopsAfterItsPointsWithALowerBound()
    {
        var search = new KneeSearch(first: 1, isWhole: false, requiredAttainment: 0.9, maxPoints: 4);

        Assert.Equal([1, 2, 4, 8], Run(search, capacity: double.PositiveInfinity));
        Assert.Equal(8, search.Knee);
        Assert.False(search.IsBracketed);
    }

    private static List<double> Run(KneeSearch search, double capacity)
    {
        List<double> tried = [];
        while (search.Next() is { } load)
        {
            tried.Add(load);
            search.Report(load, load <= capacity ? 1 : 0.5);
        }
        return tried;
    }
}
