using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Replicas;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

public sealed class ReplicaMachineTests
{
    private readonly ReplicaMachine _machine = new();

    [Fact]
    public void Fail_StepThatIsDone_ChangesNothing()
    {
        var step = Serve();
        Complete(step);
        var epoch = _machine.Epoch;

        _machine.Fail(TestReplicas.Failure(epoch, step.StepNumber), 2);

        Assert.Equal((ReplicaState.Serving, epoch, 0L), (_machine.State, _machine.Epoch, _machine.FailedSteps));
        Assert.DoesNotContain(_machine.TakeEffects(), effect => effect is ResetStages);
        Assert.Equal(1, _machine.Counters!.StepsInFlight); // the next one is on its way
    }

    [Fact]
    public void Fail_StepOnItsWay_BeginsAnEpochAndGoesOnOnceTheStagesHaveToo()
    {
        var step = Serve();
        var epoch = _machine.Epoch;

        _machine.Fail(TestReplicas.Failure(epoch, step.StepNumber), 1);

        Assert.Equal((ReplicaState.Recovering, epoch + 1), (_machine.State, _machine.Epoch));
        Assert.Equal(new ResetStages(epoch + 1, step.StepNumber + 1), Assert.Single(_machine.TakeEffects().OfType<ResetStages>()));
        _machine.StagesReset(epoch + 1, 2);
        Assert.Equal(ReplicaState.Serving, _machine.State);
        Assert.Equal(epoch + 1, Assert.Single(_machine.TakeEffects().OfType<SendStep>()).Epoch);
    }

    [Fact]
    public void Fail_OfTheModelOnOneSlot_EndsThatPartForGoodAndServesOn()
    {
        var step = Serve();

        _machine.Fail(TestReplicas.Failure(_machine.Epoch, step.StepNumber) with { Party = FailedParty.Model, Slot = 0 }, 1);

        Assert.Equal(ReplicaState.Recovering, _machine.State);
        var failure = LastFailureOfThePart();
        Assert.Equal((FailedParty.Model, "the reply was lost", false), (failure.Party, failure.Message, failure.MayRetry));
    }

    [Fact]
    public void Fail_OfTheModelItself_EndsAllPartsForGoodAndTakesTheReplicaOutOfService()
    {
        var step = Serve();

        _machine.Fail(TestReplicas.Failure(_machine.Epoch, step.StepNumber) with { Party = FailedParty.Model, Message = "m.gguf was changed" }, 1);

        Assert.Equal((ReplicaState.OutOfService, "m.gguf was changed"), (_machine.State, _machine.LastFailure));
        Assert.DoesNotContain(_machine.TakeEffects(), effect => effect is ResetStages);
        var failure = LastFailureOfThePart();
        Assert.Equal((FailedParty.Model, "m.gguf was changed.", false), (failure.Party, failure.Message, failure.MayRetry));
    }

    [Fact]
    public void Fail_OnOneRequestAfterAnother_OthersMayGoOnElsewhere()
    {
        _machine.Start(Setup(), 0);
        _machine.Loaded(_machine.Epoch);
        for (var ticket = 1; ticket <= 6; ticket++)
            Assert.Null(_machine.Submit("reader", ticket, TestRequests.Request($"r{ticket}"), RunMode.Whole, [], 0));

        while (_machine.TakeEffects().OfType<SendStep>().FirstOrDefault() is { } sent)
        {
            var slot = sent.Step.Rows[0].Sequence;
            _machine.Fail(TestReplicas.Failure(_machine.Epoch, sent.Step.StepNumber) with { Party = FailedParty.Model, Slot = slot }, 1);
            _machine.StagesReset(_machine.Epoch, 1);
        }

        Assert.Equal(ReplicaState.OutOfService, _machine.State);
        var failures = Assert.Single(_machine.Parts.TakeDue()).Sendings.Select(sending => sending.Updates[^1].Chunk!.Failure!).ToArray();
        Assert.Equal(6, failures.Length);
        Assert.All(failures, failure => Assert.Equal(failure.Party != FailedParty.Model, failure.MayRetry));
        Assert.Contains(failures, failure => failure.MayRetry);
    }

    [Fact]
    public void Fail_Twice_IsOneFailure()
    {
        var step = Serve();
        var epoch = _machine.Epoch;

        _machine.Fail(TestReplicas.Failure(epoch, step.StepNumber), 1);
        _machine.Fail(TestReplicas.Failure(epoch, step.StepNumber), 1);

        Assert.Equal(1, _machine.FailedSteps);
        Assert.Single(_machine.TakeEffects().OfType<ResetStages>());
    }

    [Fact]
    public void Complete_OfAnEpochThatIsOver_IsVoid()
    {
        var step = Serve();
        var epoch = _machine.Epoch;
        _machine.Fail(TestReplicas.Failure(epoch, step.StepNumber), 1);
        _machine.StagesReset(epoch + 1, 1);

        Assert.False(_machine.Complete(Completion(epoch, step, [9]), 2));

        Assert.Equal(0, _machine.Counters!.GeneratedTokens);
    }

    [Fact]
    public void Complete_WithTooManyTokens_LosesTheStep()
    {
        var step = Serve();

        Assert.False(_machine.Complete(Completion(_machine.Epoch, step, [1, 2, 3]), 1));

        Assert.Equal(ReplicaState.Recovering, _machine.State);
        Assert.Contains("3 tokens came for 1 output rows", _machine.LastFailure);
    }

    [Fact]
    public void Progress_NoStageHasTheStepTwiceInARow_ItIsLost()
    {
        Serve();
        var idle = Stage(isIdle: true);

        _machine.Progress(_machine.Epoch, [idle, idle], askedSeconds: 2, nowSeconds: 2);
        Assert.Equal(ReplicaState.Serving, _machine.State);
        _machine.Progress(_machine.Epoch, [idle, idle], askedSeconds: 3, nowSeconds: 3);

        Assert.Equal(ReplicaState.Recovering, _machine.State);
    }

    [Fact]
    public void Progress_AStageIsBusyInBetween_NothingIsLost()
    {
        Serve();
        var idle = Stage(isIdle: true);

        _machine.Progress(_machine.Epoch, [idle, idle], 2, 2);
        _machine.Progress(_machine.Epoch, [idle, Stage(isIdle: false)], 3, 3);
        _machine.Progress(_machine.Epoch, [idle, idle], 4, 4);

        Assert.Equal(ReplicaState.Serving, _machine.State);
    }

    [Fact]
    public void Progress_AStageHasLostItsSlice_TakesTheReplicaOutOfServiceAndNamesTheDevice()
    {
        Serve();

        _machine.Progress(_machine.Epoch, [Stage(isIdle: true), Stage(isIdle: true) with { IsLoaded = false }], 2, 2);

        Assert.Equal(ReplicaState.OutOfService, _machine.State);
        Assert.Contains("device d1", _machine.LastFailure);
    }

    [Fact]
    public void Drain_TakesNoMore_AndIsDoneWhenTheLastPartEnds()
    {
        var step = Serve(maxTokens: 1);
        _machine.Drain();

        Assert.NotNull(_machine.Submit("reader", 2, TestRequests.Request("late"), RunMode.Whole, [], 1));
        Assert.False(_machine.IsDrained);
        Complete(step);

        Assert.True(_machine.IsDrained);
        Assert.Equal(ReplicaState.Draining, _machine.State);
    }

    [Fact]
    public void Stop_EndsItsPartsWithTheReason_AndTheyStillReachTheirReader()
    {
        Serve();

        _machine.Stop(1, "the test stopped it");

        var (_, sendings) = Assert.Single(_machine.Parts.TakeDue());
        var last = sendings.Single().Updates[^1].Chunk!;
        Assert.Equal((FinishReason.Failed, true), (last.Finish, last.Failure!.MayRetry));
        Assert.Contains("the test stopped it", last.Failure.Message);
        Assert.Empty(_machine.Parts.Running);
    }

    [Fact]
    public void Loaded_OfAnEarlierStart_IsVoid()
    {
        _machine.Start(Setup(), 0);
        var first = Assert.Single(_machine.TakeEffects().OfType<LoadStages>()).Epoch;
        _machine.Start(Setup() with { Start = 2 }, 0);

        _machine.Loaded(first);

        Assert.Equal(ReplicaState.Loading, _machine.State);
    }

    [Fact]
    public void Tick_ReaderIsSilentForALease_FreesWhatItHeld()
    {
        Serve(setup: Setup() with { LeaseSeconds = 10 });

        _machine.Tick(10.5);

        Assert.Contains(_machine.TakeEffects(), effect => effect is PartAbandoned);
        Assert.Empty(_machine.Parts.Running);
        Assert.Equal([1L], _machine.Want("reader", 2, new Dictionary<long, int> { [1] = 0 }, 11).ToArray());
    }

    private RequestFailure LastFailureOfThePart()
    {
        var (_, sendings) = Assert.Single(_machine.Parts.TakeDue());
        return sendings.Single().Updates[^1].Chunk!.Failure!;
    }

    private static ReplicaSetup Setup() => TestReplicas.Setup(TestRequests.Engine, new SchedulerOptions(), stages: 2);

    /// <summary>A replica that serves one part, whose first step is on its way.</summary>
    private StepPlan Serve(int maxTokens = 5, ReplicaSetup? setup = null)
    {
        _machine.Start(setup ?? Setup(), 0);
        _machine.Loaded(_machine.Epoch);
        Assert.Null(_machine.Submit("reader", 1, TestRequests.Request("r", maxTokens: maxTokens), RunMode.Whole, [], 0));
        return Assert.Single(_machine.TakeEffects().OfType<SendStep>()).Step;
    }

    private void Complete(StepPlan step) => Assert.True(_machine.Complete(Completion(_machine.Epoch, step, [9]), 1));

    private static StepCompletion Completion(long epoch, StepPlan step, ImmutableArray<int> tokens) =>
        new() { Epoch = epoch, StepNumber = step.StepNumber, SampledTokens = tokens, Trace = [] };

    private static StageProgress Stage(bool isIdle) => new() { IsLoaded = true, Epoch = 0, NextStep = 0, IsIdle = isIdle };
}
