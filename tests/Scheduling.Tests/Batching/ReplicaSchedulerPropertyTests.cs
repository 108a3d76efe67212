namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPropertyTests
{
    private const int Schedules = 30_000;

    [Fact]
    public void AnySchedule_LosesNothingMixesNothingLeaksNothingAndEnds()
    {
        long failures = 0, cancels = 0, completed = 0;
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

            Interlocked.Add(ref failures, schedule.Failures);
            Interlocked.Add(ref cancels, schedule.Cancels);
            Interlocked.Add(ref completed, schedule.Completed);
        });

        // The schedules are worth something only if all of it happens, and often.
        Assert.True(failures > 2 * Schedules, $"only {failures} failures");
        Assert.True(cancels > Schedules, $"only {cancels} cancels");
        Assert.True(completed > 2 * Schedules, $"only {completed} completed requests");
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
