using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Plans;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Batching;
using Microsoft.Extensions.Options;

namespace E2LLM.Cluster.Tests.Plans;

public sealed class ServingOptionsTests
{
    [Theory]
    [InlineData(ReplicaRole.Mixed, true)]
    [InlineData(ReplicaRole.Prefill, true)]
    [InlineData(ReplicaRole.Decoder, false)]
    public void SchedulerFor_Role_ReusesPrefixesWherePromptsAreRead(ReplicaRole role, bool isReused) =>
        Assert.Equal(isReused, new ServingOptions().SchedulerFor(Replica(role), Synthetic.Model).ReusePrefixes);

    [Theory]
    [InlineData(16, false)]
    [InlineData(1024, false)]
    [InlineData(1025, true)]
    public void SchedulerFor_SlidingWindow_ReusesPrefixesOnlyWhereItCannotClose(int windowTokens, bool isReused)
    {
        var model = Synthetic.Model with { LayerWindowTokens = [0, windowTokens] };

        Assert.Equal(isReused, new ServingOptions().SchedulerFor(Replica(ReplicaRole.Mixed), model).ReusePrefixes);
    }

    [Fact]
    public void SchedulerFor_BlocksOfTheUser_AreTakenAsTheyAreAndAreNotExact()
    {
        var exact = new ServingOptions().SchedulerFor(Replica(ReplicaRole.Mixed), Synthetic.Model);
        var small = new ServingOptions { PrefixBlockTokens = 16 }.SchedulerFor(Replica(ReplicaRole.Mixed), Synthetic.Model);

        Assert.Equal((256, true), (exact.PrefixBlockTokens, exact.ExactWhenAlone));
        Assert.Equal((16, false), (small.PrefixBlockTokens, small.ExactWhenAlone));
    }

    [Fact]
    public async Task Start_OptionsOutOfRange_NamesAllOfThem()
    {
        var options = Synthetic.ThreeDevices() with
        {
            Serving = serving =>
            {
                (serving.CellReservation, serving.Objective) = ((CellReservation)7, (PlanObjective)9);
                (serving.CellMarginTokens, serving.MaxPreemptions, serving.PrefixBlockTokens) = (0, 101, -1);
                (serving.RoutingPolicy, serving.Planner) = ("fastest", "clever");
            },
        };

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestFog.StartAsync(options));

        Assert.Equal(7, error.Failures.Count());
        Assert.Contains("E2LLM:Serving:CellReservation is 7; it must be one of: WholeAnswer, Optimistic.", error.Failures);
        Assert.Contains("E2LLM:Serving:PrefixBlockTokens is -1; it must be 1 to 8,192, or 0: blocks that change no bit.", error.Failures);
        Assert.Contains(error.Failures, failure => failure.StartsWith("E2LLM:Serving:RoutingPolicy is 'fastest'; it must be one of: jsq-", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("planner is 'clever', must be one of: colocated, e2llm", StringComparison.Ordinal));
    }

    private static ReplicaPlan Replica(ReplicaRole role) => new()
    {
        Id = "r0",
        Role = role,
        Engine = new EngineSettings { MaxStepTokens = 256, MaxSequenceTokens = 1024 },
        Stages = [],
    };
}
