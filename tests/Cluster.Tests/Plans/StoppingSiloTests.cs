using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;

namespace E2LLM.Cluster.Tests.Plans;

/// <summary>A silo that is told to stop while its grains wait for something.</summary>
public sealed class StoppingSiloTests
{
    /// <summary>Orleans moves a grain when its calls have ended: one that waits for a load would keep the plan on a silo that is gone for everybody else.</summary>
    [Fact]
    public async Task Stop_WhileThePlanWaitsForALoadThatDoesNotEnd_EndsItsCallAndIsNotHeldUp()
    {
        var engines = new EndlessLoads();
        await using var fog = await TestFog.StartAsync(Synthetic.Options([.. "ab".Select(id => (DeviceSpec[])[Device($"{id}")])]) with { Engines = engines });
        var applying = fog.Plan.ApplyAsync(fog.Fleet);
        await engines.HasBegun;
        var startedAt = TimeProvider.System.GetTimestamp();

        await fog.StopSiloAsync(await fog.SiloOfAsync(fog.Plan));

        await Assert.ThrowsAsync<ServerStoppingException>(() => applying);
        Assert.InRange(TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds, 0, 15);
    }

    private static DeviceSpec Device(string id) => Synthetic.ThreeDevices().SiloDevices[0][0] with { Id = id };

    private sealed class EndlessLoads : IStageEngineFactory
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HasBegun => _begun.Task;

        public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
        {
            _begun.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            throw new InvalidOperationException("It does not end.");
        }
    }
}
