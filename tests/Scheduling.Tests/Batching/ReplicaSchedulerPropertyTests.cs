using System.Collections.Concurrent;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPropertyTests
{
    private const int Schedules = 15_000;

    [Fact]
    public void AnySchedule_LosesNothingMixesNothingLeaksNothingAndEnds()
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, Schedules, seed =>
        {
            var schedule = new RandomSchedule(seed);
            try
            {
                schedule.Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}\n{schedule.Trace}", exception);
            }

            Count("failures", schedule.Failures);
            Count("cancels", schedule.Cancels);
            Count("completed requests", schedule.Completed);
            Count("completed requests that others had begun", schedule.Continued);
            Count("preemptions", schedule.Counters.Preemptions);
            Count("shared prefixes", schedule.Counters.PrefixHits);
            Count("evicted prefixes", schedule.Counters.PrefixEvictions);
        });

        // The schedules are worth something only if all of it happens, and often.
        Assert.All(seen, count => Assert.True(count.Value > Schedules / 15, $"only {count.Value} {count.Key}"));
        Assert.True(seen["completed requests"] > 2 * Schedules, $"only {seen["completed requests"]} completed requests");

        void Count(string what, long count) => seen.AddOrUpdate(what, count, (_, before) => before + count);
    }

    [Fact]
    public void AnySchedule_RunTwice_GivesTheSameStepsAndUpdates()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var first = new RandomSchedule(seed);
            var second = new RandomSchedule(seed);
            first.Run();
            second.Run();
            Assert.Equal(first.Trace, second.Trace);
        }
    }
}
