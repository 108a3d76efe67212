using System.Collections.Concurrent;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

public sealed class ReplicaMachinePropertyTests
{
    private const int Lives = 10_000;

    [Fact]
    public void AnyLife_MessagesLostLateAndDoubled_LosesNothingDoublesNothingLeaksNothingAndEnds()
    {
        ConcurrentDictionary<string, long> seen = [];
        Parallel.For(0, Lives, seed =>
        {
            var life = new ReplicaLife(seed);
            try
            {
                life.Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }

            Count("lost calls", life.LostCalls);
            Count("failed steps", life.FailedSteps);
            Count("words of failure for steps that were done", life.VoidWords);
            Count("cancels", life.Cancels);
            Count("restarts", life.Restarts);
            Count("completed answers", life.Completed);
            Count("peaceful lives", life.IsPeaceful ? 1 : 0);
        });

        // The lives are worth something only if all of it happens, and often.
        Assert.All(seen, count => Assert.True(count.Value > Lives / 50, $"only {count.Value} {count.Key}"));
        Assert.True(seen["completed answers"] > Lives, $"only {seen["completed answers"]} completed answers");

        void Count(string what, long count) => seen.AddOrUpdate(what, count, (_, before) => before + count);
    }
}
