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

    [Theory]
    [InlineData(0, 0, 0, 3, 0)]
    [InlineData(0, 12, 2, 3, 2)]
    [InlineData(0, 12, 6, 6, 6)]
    [InlineData(0, 200, 200, 64, 64)]
    [InlineData(4, 12, 6, 4, 6)]
    public void SchedulerFor_MicroBatchesOfThePlan_AreInFlightBesideAStepAStage(
        int maxStepsInFlight, int concurrency, int microBatches, int expectedSteps, int expectedMicroBatches)
    {
        var replica = Replica(ReplicaRole.Mixed) with { DecodeConcurrency = concurrency, MicroBatches = microBatches, Stages = [Stage, Stage, Stage] };

        var scheduler = new ServingOptions { MaxStepsInFlight = maxStepsInFlight }.SchedulerFor(replica, Synthetic.Model);

        Assert.Equal((expectedSteps, expectedMicroBatches), (scheduler.MaxStepsInFlight, scheduler.MicroBatches));
        Assert.Equal(Math.Min(concurrency, replica.Engine.MaxSequences), scheduler.MaxRunning);
    }

    [Theory]
    [InlineData(ReplicaRole.Mixed, 5)]
    [InlineData(ReplicaRole.Decoder, 5)]
    [InlineData(ReplicaRole.Prefill, 0)]
    public void SchedulerFor_MinimumSpeed_IsThatOfReplicasThatWriteAnswers(ReplicaRole role, double expected) => Assert.Equal(
        expected, new ServingOptions().SchedulerFor(Replica(role) with { MinimumTokensPerSecond = 5 }, Synthetic.Model).MinimumTokensPerSecond);

    [Fact]
    public void WorkloadFor_MeanThatNoSequenceHolds_IsShortenedPromptAndAnswerAlike()
    {
        var options = new ServingOptions { ExpectedInputTokens = 300, ExpectedOutputTokens = 100 };

        var fits = options.WorkloadFor(new EngineSettings { MaxSequenceTokens = 1000, KvCells = 1000 });
        var cut = options.WorkloadFor(new EngineSettings { MaxSequenceTokens = 200, KvCells = 1000 });

        Assert.Equal((300, 100, 1), (fits.MeanInputTokens, fits.MeanOutputTokens, fits.RequestsPerSecond));
        Assert.Equal((150, 50), (cut.MeanInputTokens, cut.MeanOutputTokens));
    }

    [Fact]
    public void ChoicesFor_SequencesAndKvTypeGiven_AreTheSettingsAlone()
    {
        var options = new ServingOptions { MaxSequences = 8 };
        var settings = options.SettingsFor(Synthetic.Model, []);

        Assert.Equal(settings, Assert.Single(options.ChoicesFor(settings)));
    }

    [Fact]
    public void ChoicesFor_LeftToThePlan_AreTheLadderWithCellsForExpectedRequests()
    {
        var options = new ServingOptions { MaxSequences = 0, KvType = KvTypeChoice.Auto, MaxSequenceTokens = 1000, MaxStepTokens = 32, ExpectedInputTokens = 300, ExpectedOutputTokens = 100 };
        var settings = options.SettingsFor(Synthetic.Model, []);

        var choices = options.ChoicesFor(settings);

        Assert.Equal([(4, 1600), (8, 3200), (16, 6400), (32, 12_800)], choices.Take(4).Select(choice => (choice.MaxSequences, choice.KvCells)));
        Assert.Equal([KvCacheType.F16, KvCacheType.Q8_0], choices.Select(choice => choice.KvType).Distinct());
        Assert.Contains(settings, choices);
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

    private static StagePlan Stage { get; } = new() { DeviceId = "a", FirstLayer = 0, LayerCount = 1, WeightBytes = 0, KvBytes = 0 };

    private static ReplicaPlan Replica(ReplicaRole role) => new()
    {
        Id = "r0",
        Role = role,
        Engine = new EngineSettings { MaxStepTokens = 256, MaxSequenceTokens = 1024 },
        Stages = [],
    };
}
