using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Stages;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

/// <summary>A stage of a random life: takes steps in order, runs them when it is its turn, and tells the next stage or the replica.</summary>
internal sealed class LifeStage(int index, EngineSettings engine, LossyNetwork network, Random random, double failChance)
{
    private readonly StepOrder<StepPlan> _order = new(1000);
    private readonly StageModel _model = new(engine);
    private readonly Queue<StepPlan> _ready = new();
    private int _calls;
    private bool _hasFailed;

    public LifeStage? Next { get; set; }

    public required Action<StepCompletion> Complete { get; init; }

    public required Action<StepFailure> Fail { get; init; }

    public StageModel Model => _model;

    public StageProgress Progress => new() { IsLoaded = true, Epoch = _order.Epoch, NextStep = _order.NextStep, IsIdle = _ready.Count == 0 && _calls == 0 };

    public void Load(long epoch) => _order.Reset(epoch, nextStep: 0);

    public bool Reset(long epoch, long nextStep)
    {
        if (epoch <= _order.Epoch)
            return true;
        _order.Reset(epoch, nextStep);
        _ready.Clear();
        _hasFailed = false;
        _model.MarkUnsure(Enumerable.Range(0, engine.MaxSequences));
        return true;
    }

    public bool Enqueue(long epoch, StepPlan step)
    {
        if (_order.IsStale(epoch, step.StepNumber))
            return true;
        if (_order.Add(epoch, step.StepNumber, step) is not null)
            return false;
        while (_order.TryTake(out var next))
            _ready.Enqueue(next!);
        return true;
    }

    /// <summary>Runs the next step, where there is one.</summary>
    public void Act()
    {
        if (!_ready.TryDequeue(out var step))
            return;
        var epoch = _order.Epoch;
        if (random.NextDouble() < failChance)
        {
            _hasFailed = true;
            Report(epoch, step, tries: 2);
            return;
        }
        List<int> tokens;
        if (!_hasFailed)
        {
            tokens = _model.Execute(step);
        }
        else if (_model.TryExecute(step, commandsOnly: false, out tokens) is not null)
        {
            // Behind a step that failed, others may not fit any more, as an engine would say.
            Report(epoch, step, tries: 2);
            return;
        }
        if (Next is { } next)
            Call(() => next.Enqueue(epoch, step), arrived =>
            {
                if (!arrived)
                    Report(epoch, step, tries: 2);
            });
        else
            TellDone(new StepCompletion { Epoch = epoch, StepNumber = step.StepNumber, SampledTokens = [.. tokens], Trace = [] }, step, tries: 2);
    }

    private void TellDone(StepCompletion completion, StepPlan step, int tries) => Call(
        () =>
        {
            Complete(completion);
            return true;
        },
        arrived =>
        {
            if (!arrived && tries > 1)
                TellDone(completion, step, tries - 1);
            else if (!arrived)
                Report(completion.Epoch, step, tries: 2);
        });

    private void Report(long epoch, StepPlan step, int tries) => Call(
        () =>
        {
            Fail(new StepFailure
            {
                Epoch = epoch,
                StepNumber = step.StepNumber,
                StageIndex = index,
                DeviceId = $"d{index}",
                Party = FailedParty.Engine,
                Message = "the test broke this step",
            });
            return true;
        },
        arrived =>
        {
            if (!arrived && tries > 1)
                Report(epoch, step, tries - 1);
        });

    private void Call(Func<bool> execute, Action<bool> outcome)
    {
        _calls++;
        network.Call(execute, arrived =>
        {
            _calls--;
            outcome(arrived);
        });
    }
}
