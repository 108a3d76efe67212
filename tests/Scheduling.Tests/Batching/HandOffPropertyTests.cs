using System.Collections.Concurrent;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class HandOffPropertyTests
{
    private const int Schedules = 10_000;

    [Fact]
    public void AnyHandOff_LosesNothingMixesNothingLeaksNothingAndEnds()
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, Schedules, seed =>
        {
            var life = new RandomHandOff(seed);
            try
            {
                life.Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}\n{life.Trace}", exception);
            }

            foreach (var (what, count) in life.Seen)
                Count(what, count);
            Count("failures", life.PrefillFailures + life.DecoderFailures);
            Count("failures of the prefill side", life.PrefillFailures);
            Count("failures of the decoder", life.DecoderFailures);
            Count("preemptions on the decoder", life.DecoderCounters.Preemptions);
            Count("shared prefixes on the prefill side", life.PrefillCounters.PrefixHits);
            Count("evicted prefixes on the prefill side", life.PrefillCounters.PrefixEvictions);
        });

        // The lives are worth something only if all of it happens, and often.
        foreach (var what in new[] { "hand-offs", "completed requests", "failures" })
            Assert.True(seen[what] > Schedules, $"only {seen[what]} {what}");
        Assert.All(seen, count => Assert.True(count.Value > Schedules / 15, $"only {count.Value} {count.Key}"));

        void Count(string what, long count) => seen.AddOrUpdate(what, count, (_, before) => before + count);
    }

    [Fact]
    public void AnyHandOff_RunTwice_GivesTheSameStepsAndUpdates()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var first = new RandomHandOff(seed);
            var second = new RandomHandOff(seed);
            first.Run();
            second.Run();
            Assert.Equal(first.Trace, second.Trace);
        }
    }
}
