using E2LLM.Planning.Columns;

namespace E2LLM.Planning.Tests.Certificates;

public class PackingSimplexTests
{
    [Fact]
    public void Solve_TextbookProgramme_FindsTheVertexAndItsPrices()
    {
        // max 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18: (2, 6), 36; prices 0, 1.5, 1.
        var programme = new PackingSimplex([4, 12, 18]);
        programme.Add(3, [(0, 1), (2, 3)]);
        programme.Add(5, [(1, 2), (2, 2)]);
        programme.Solve(CancellationToken.None);
        Assert.Equal([2.0, 6.0], programme.Solution().Select(value => Math.Round(value, 4)));
        Assert.Equal([0, 1.5, 1], programme.Prices.Select(price => Math.Round(price, 4)));
    }

    [Fact]
    public void Solve_RandomProgrammes_HasDualPricesThatProveTheOptimum()
    {
        var random = new Random(3);
        for (var instance = 0; instance < 200; instance++)
        {
            double[] limits = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => (double)random.Next(0, 9))];
            var programme = new PackingSimplex(limits);
            var columns = new List<(double Gain, (int Row, double Value)[] Entries)>();
            for (var column = random.Next(1, 20); column > 0; column--)
            {
                (int Row, double Value)[] entries = [.. Enumerable.Range(0, limits.Length).Select(row => (row, (double)random.Next(0, 4)))];
                entries[random.Next(limits.Length)].Value += 1;
                columns.Add((random.Next(0, 9), entries));
                programme.Add(columns[^1].Gain, entries);
            }
            programme.Solve(CancellationToken.None);
            var value = programme.Solution().Zip(columns, (amount, column) => amount * column.Gain).Sum();
            Assert.Equal(value, limits.Zip(programme.Prices, (limit, price) => limit * price).Sum(), 1e-4);
            Assert.All(columns, column => Assert.True(column.Entries.Sum(entry => entry.Value * programme.Prices[entry.Row]) >= column.Gain - 1e-6));
        }
    }
}
