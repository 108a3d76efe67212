using System.Collections.Concurrent;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

public sealed class HandOffPropertyTests
{
    private const int Lives = 20_000;
    private const int PairLives = 3_000;

    [Fact]
    public void AnyHandOff_LosesNoTokenFreesBothSidesAndEnds()
    {
        var seen = RunAll(Lives, seed =>
        {
            var life = new HandOffLife(seed);
            return (life.Run, () => life.Trace, life.Seen);
        });

        foreach (var finish in new[] { FinishReason.Stop, FinishReason.Length, FinishReason.Cancelled, FinishReason.Failed })
            Assert.Contains($"ended with {finish}", seen);
    }

    [Fact]
    public void AnyLifeOfTwoReplicas_LosesNothingMixesNothingLeaksNothingAndEnds() => RunAll(PairLives, seed =>
    {
        var life = new ReplicaPairLife(seed);
        return (life.Run, () => life.Trace, life.Seen);
    });

    private static ConcurrentDictionary<string, long> RunAll(
        int lives, Func<int, (Action Run, Func<string> Trace, Dictionary<string, long> Seen)> create)
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, lives, seed =>
        {
            var life = create(seed);
            try
            {
                life.Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}\n{life.Trace()}", exception);
            }
            foreach (var (what, count) in life.Seen)
                seen.AddOrUpdate(what, count, (_, before) => before + count);
        });

        // The lives are worth something only if all of it happens, and often.
        Assert.All(seen, count => Assert.True(count.Value > lives / 50, $"only {count.Value} {count.Key}"));
        return seen;
    }
}
