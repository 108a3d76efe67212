using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing;

public sealed class ReplicaSnapshotTests
{
    [Fact]
    public void Of_AScheduler_HasEveryFigureThatBothHave()
    {
        // A number of its own for each, so that none can stand for another or be left at its default.
        var counters = new ReplicaScheduler(new EngineSettings(), SchedulerOptions.Default).Counters;
        foreach (var (index, property) in typeof(SchedulerCounters).GetProperties().Index())
            property.SetValue(counters, Convert.ChangeType(index + 1, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture));
        var snapshot = ReplicaSnapshot.Of(ReplicaState.Serving, counters, 0.5, "late");

        var shared = typeof(SchedulerCounters).GetProperties().Where(property => typeof(ReplicaSnapshot).GetProperty(property.Name) is not null).ToArray();
        Assert.Contains(shared, property => property.Name == nameof(ReplicaSnapshot.TokenSecondsRunning));
        Assert.All(shared, property => Assert.Equal(property.GetValue(counters), typeof(ReplicaSnapshot).GetProperty(property.Name)!.GetValue(snapshot)));
        Assert.Equal((ReplicaState.Serving, 0.5, "late"), (snapshot.State, snapshot.MeasuredTokensPerSecond, snapshot.LastFailure));
    }

    [Fact]
    public void Of_NoScheduler_HasNoLoad() =>
        Assert.Equal(
            new ReplicaSnapshot { State = ReplicaState.Stopped, LastFailure = "not started" },
            ReplicaSnapshot.Of(ReplicaState.Stopped, null, 0, "not started"));
}
