using System.Collections.Concurrent;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

public sealed class HandOffPropertyTests
{
    private const int Lives = 20_000;

    [Fact]
    public void AnyHandOff_LosesNoTokenFreesBothSidesAndEnds()
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, Lives, seed =>
        {
            var life = new HandOffLife(seed);
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
        foreach (var finish in Enum.GetValues<FinishReason>())
            Assert.True(finish > FinishReason.Failed || seen[$"ended with {finish}"] > Lives / 50, $"{finish}: {seen.GetValueOrDefault($"ended with {finish}")}");
        Assert.All(seen, count => Assert.True(count.Value > Lives / 50, $"only {count.Value} {count.Key}"));
    }
}
