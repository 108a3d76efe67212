using System.Text;
using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>
/// A replica under test: its scheduler, stages that run steps at their own pace, results in any order, failures at any place. Throws as
/// soon as something is wrong.
/// </summary>
internal sealed class ReplicaModel
{
    private readonly Random _random;
    private readonly StringBuilder _trace;
    private readonly string _name;
    private readonly List<FlyingStep> _flying = [];
    private readonly List<FlyingStep> _lost = [];
    private readonly Dictionary<string, RequestPart> _parts = [];
    private long _reportedPreemptions;
    private int _arrivals;

    public ReplicaModel(string name, Random random, StringBuilder trace)
    {
        _name = name;
        _random = random;
        _trace = trace;
        Engine = RandomSettings.Engine(random);
        Options = RandomSettings.Options(random);
        Scheduler = new ReplicaScheduler(Engine, Options);
        Stages = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => new StageModel(Engine))];
        FailChance = random.Next(4) switch { 0 => 0, 1 => 0.2, _ => 0.03 };
    }

    public EngineSettings Engine { get; }

    public SchedulerOptions Options { get; }

    public ReplicaScheduler Scheduler { get; }

    public StageModel[] Stages { get; }

    public double FailChance { get; }

    public int Failures { get; private set; }

    public bool IsBusy => _flying.Count > 0 || _parts.Values.Any(part => !part.HasEnded);

    public Action<StepPlan> Issued { get; set; } = _ => { };

    public Action<RequestUpdate> Updated { get; set; } = _ => { };

    /// <summary>Told before anything that the failure brings: the lost steps, and what becomes of the others.</summary>
    public Action<IReadOnlyCollection<long>, FailureRecovery> Failed { get; set; } = (_, _) => { };

    public bool IsAlive(string id) => _parts.TryGetValue(id, out var part) && !part.HasEnded;

    public void Enqueue(GenerationRequest request, RunMode mode, double nowSeconds)
    {
        Scheduler.Enqueue(request, nowSeconds, mode);
        _parts[request.Id] = new RequestPart(request, _arrivals++, nowSeconds);
    }

    public RequestUpdate? Cancel(string id)
    {
        var update = Scheduler.Cancel(id);
        Require(update.HasValue == IsAlive(id), $"cancelling {id} said the wrong thing");
        if (update is { } last)
        {
            Require(last.Chunk.Finish == FinishReason.Cancelled, "a cancelled request ended otherwise");
            _parts[id].End();
        }

        return update;
    }

    public void Release(string id)
    {
        Require(Scheduler.ReleaseHeld(id) == IsAlive(id), $"releasing {id} said the wrong thing");
        _parts[id].End();
    }

    /// <summary>What came of <see cref="ReplicaScheduler.KvArrived"/> or <see cref="ReplicaScheduler.KvFailed"/>.</summary>
    public void Report(RequestUpdate? update)
    {
        if (update is { } last)
            Receive(last);
    }

    public void Requeued(string id) => _parts[id].IsQueued = true;

    public void Issue(double nowSeconds)
    {
        for (var limit = _random.Next(1, 4); limit > 0 && Scheduler.Next(nowSeconds) is { } step; limit--)
        {
            _trace.Append(_name).Append(step.Text()).Append('\n');
            Require(step.Commands.Length + step.Rows.Length > 0, "an empty step");
            foreach (var id in step.Preempted.Where(IsAlive))
                Requeued(id);
            _reportedPreemptions += step.Preempted.Length;
            foreach (var admitted in step.Admitted)
                CheckTurn(_parts[admitted.RequestId]);

            var prefillRows = step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows);
            Require(
                step.Shares.All(share => share.IsPrefill) || prefillRows <= Math.Max(Options.PrefillTokensBesideDecode, Options.MaxPrefillTokensBesideDecode),
                $"{prefillRows} prompt rows beside decode rows");
            Require(step.Shares.Sum(share => share.Rows) == step.Rows.Length, "the shares do not cover the rows");
            _flying.Add(new FlyingStep(step));
            Issued(step);
        }
    }

    /// <summary>Lets one random stage run its next step, or one finished step be reported.</summary>
    public void Advance()
    {
        if (_flying.Count == 0)
            return;
        var index = _random.Next(_flying.Count);
        var flying = _flying[index];
        if (flying.StagesDone == Stages.Length)
        {
            flying.Reported = true;
            var updates = Scheduler.Complete(flying.Step.StepNumber, [.. flying.Sampled]);
            while (_flying.Count > 0 && _flying[0].Reported)
                _flying.RemoveAt(0);
            foreach (var update in updates)
                Receive(update);
        }
        else if (index == 0 || _flying[index - 1].StagesDone > flying.StagesDone)
        {
            flying.Sampled = Stages[flying.StagesDone].Execute(flying.Step);
            flying.StagesDone++;
        }
        else if (_lost.Count > 0 && _random.Next(4) == 0)
        {
            Require(Scheduler.Complete(_lost[_random.Next(_lost.Count)].Step.StepNumber, [1, 2, 3]).IsEmpty, "a lost step gave something");
        }
    }

    public void MaybeFail(double nowSeconds)
    {
        if (_flying.Count == 0 || _random.NextDouble() >= FailChance)
            return;
        Failures++;
        var failed = _flying[_random.Next(_flying.Count)];
        var recovery = _random.Next(2) == 0 ? FailureRecovery.Truncate : (FailureRecovery)_random.Next(3);
        LeaveStagesInDisorder(failed);
        if (recovery == FailureRecovery.Requeue)
            Stages[_random.Next(Stages.Length)].LoseCache();
        _trace.Append($"{_name}fail {failed.Step.StepNumber} {recovery}\n");
        var inLostSteps = _flying.SelectMany(flying => flying.Step.Shares).Select(share => share.RequestId).ToHashSet();
        var lostSteps = _flying.Select(flying => flying.Step.StepNumber).ToHashSet();
        _lost.AddRange(_flying);
        _flying.Clear();

        var updates = Scheduler.Fail(failed.Step.StepNumber, TestRequests.Failure, recovery, nowSeconds);

        if (recovery == FailureRecovery.Requeue)
            foreach (var part in _parts.Values.Where(part => !part.HasEnded))
                part.IsQueued = true;
        foreach (var update in updates)
        {
            Require(update.Chunk is { Finish: FinishReason.Failed, Failure: not null }, "a given-up request says no failure");
            Require(inLostSteps.Contains(update.RequestId), $"{update.RequestId} fails for steps that it had no part in");
            _parts[update.RequestId].End();
        }

        Failed(lostSteps, recovery);
        foreach (var update in updates)
            Updated(update);
    }

    public void CheckCounters()
    {
        var counters = Scheduler.Counters;
        Require(counters.UsedKvCells <= counters.ReservedKvCells, "more cells used than reserved");
        Require(counters.ReservedKvCells + counters.KeptKvCells <= Engine.KvCells, "too many cells");
        Require(counters.RunningRequests + counters.KeptPrefixes <= Engine.MaxSequences, "too many sequences");
        Require(Options.MaxRunning == 0 || counters.RunningRequests <= Options.MaxRunning, "too many run at once");
        Require(counters.RunningLimit >= 1, "nobody may run");
        Require(
            Options.MicroBatches == 0 || _flying.Count(flying => flying.Step.Shares.Any(share => !share.IsPrefill)) <= Options.MicroBatches,
            "too many micro-batches");
        Require(counters.StepsInFlight == _flying.Count && _flying.Count <= Options.MaxStepsInFlight, "steps miscounted");
        var queued = _parts.Values.Count(part => part.IsQueued);

        // What was preempted while no step could be issued is reported with the next one, and may have ended until then.
        Require(counters.QueuedRequests >= queued, "queue miscounted");
        Require(counters.QueuedRequests <= queued + counters.Preemptions - _reportedPreemptions, "queue miscounted");
    }

    /// <summary>All requests have ended: the last slots are closed, and nothing is left anywhere but prefixes.</summary>
    public void Drain(double nowSeconds)
    {
        while (Scheduler.Next(nowSeconds) is { } step)
        {
            Require(step.Rows.IsEmpty, "rows without a request");
            foreach (var stage in Stages)
                stage.Execute(step);
            Scheduler.Complete(step.StepNumber, []);
        }

        var counters = Scheduler.Counters;
        Require(counters is { QueuedRequests: 0, RunningRequests: 0, StepsInFlight: 0, PendingTokens: 0 }, "a request leaked");
        Require(counters is { ReservedKvCells: 0, UsedKvCells: 0 }, "cells leaked");
        Require(Stages.All(stage => stage.OpenSlots == counters.KeptPrefixes), "a slot was left open on a stage");
        Require(Stages.All(stage => stage.HeldCells == counters.KeptKvCells), "a stage holds other cells than those of the kept prefixes");
    }

    private void Receive(RequestUpdate update)
    {
        Require(IsAlive(update.RequestId), $"{update.RequestId} got news after its end");
        var (chunk, prefill) = (update.Chunk, update.Prefill);
        _trace.Append($"{_name}{update.RequestId} {chunk.FirstIndex}: {string.Join(' ', chunk.Tokens)} {chunk.Finish} {prefill}\n");
        if (update.Chunk.Finish is not null)
            _parts[update.RequestId].End();
        Updated(update);
    }

    /// <summary>First come, first served within a class, and no class overtakes another by more than its head start.</summary>
    private void CheckTurn(RequestPart admitted)
    {
        Require(admitted.IsQueued, $"{admitted.Request.Id} was not queued");
        admitted.IsQueued = false;
        foreach (var other in _parts.Values.Where(part => part.IsQueued))
        {
            var classes = admitted.Request.Priority - other.Request.Priority;
            Require(classes != 0 || other.Arrival > admitted.Arrival, $"{admitted.Request.Id} overtook {other.Request.Id}");
            Require(
                admitted.ArrivedSeconds <= other.ArrivedSeconds + Math.Max(0, classes * Options.PriorityAgeingSeconds),
                $"{admitted.Request.Id} starved {other.Request.Id}");
        }
    }

    /// <summary>
    /// Each stage goes on with lost steps as long as it likes: the failed one may have applied its commands, later ones may run or be
    /// refused, and a stage runs nothing that the stage before it has not run.
    /// </summary>
    private void LeaveStagesInDisorder(FlyingStep failed)
    {
        var unsure = _flying.SelectMany(flying => flying.Step.Commands)
            .Where(command => command.Kind != SequenceCommandKind.Truncate).Select(command => command.Sequence).ToHashSet();
        foreach (var stage in Stages)
            stage.MarkUnsure(unsure);
        foreach (var flying in _flying)
            for (var stage = flying.StagesDone; stage < Stages.Length && _random.NextDouble() < 0.6; stage++)
                if (Stages[stage].TryExecute(flying.Step, commandsOnly: flying == failed, out _) is not null || flying == failed)
                    break;
    }

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
