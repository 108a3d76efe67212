using System.Collections.Concurrent;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

public sealed class PlanMachinePropertyTests
{
    private const int Lives = 1_000;

    [Fact]
    public void AnyLife_StartsNothingTwiceLeavesNothingBehindAndServesWhatCanServe()
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, Lives, seed =>
        {
            var life = new RandomPlanLife(seed);
            try
            {
                life.Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}\n{life.Trace}", exception);
            }

            foreach (var (what, count) in life.Seen)
                seen.AddOrUpdate(what, count, (_, before) => before + count);
        });

        // The lives are worth something only if all of it happens, and often.
        Assert.Equal(14, seen.Count);
        Assert.All(seen, count => Assert.True(count.Value > Lives / 4, $"only {count.Value} {count.Key}"));
    }

    [Fact]
    public void AnyLife_RunTwice_GivesTheSameEffects()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (first, second) = (new RandomPlanLife(seed), new RandomPlanLife(seed));
            first.Run();
            second.Run();
            Assert.Equal(first.Trace, second.Trace);
        }
    }
}
