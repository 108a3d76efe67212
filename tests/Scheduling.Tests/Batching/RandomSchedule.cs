using System.Text;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>
/// One random life of a replica: settings, arrivals, cancels, stages that run steps at their own pace, results in any order, failures
/// at any place. Throws as soon as something is wrong; the same seed gives the same life.
/// </summary>
internal sealed class RandomSchedule
{
    private readonly Random _random;
    private readonly EngineSettings _engine;
    private readonly SchedulerOptions _options;
    private readonly ReplicaScheduler _scheduler;
    private readonly StageModel[] _stages;
    private readonly int _requestCount;
    private readonly double _cancelChance;
    private readonly double _failChance;
    private readonly List<FlyingStep> _flying = [];
    private readonly List<FlyingStep> _lost = [];
    private readonly Dictionary<string, RequestRun> _requests = [];
    private readonly StringBuilder _trace = new();
    private double _nowSeconds;

    public RandomSchedule(int seed)
    {
        _random = new Random(seed);
        _engine = new EngineSettings
        {
            KvCells = _random.Next(10, 120),
            MaxSequences = _random.Next(1, 8),
            MaxStepTokens = _random.Next(1, 12),
            MaxSequenceTokens = _random.Next(6, 40),
        };
        _options = new SchedulerOptions
        {
            QueueLimit = _random.Next(1, 10),
            MaxStepsInFlight = _random.Next(1, 6),
            PrefillTokensBesideDecode = _random.Next(1, 8),
            MaxFailedSteps = _random.Next(1, 10),
        };
        _scheduler = new ReplicaScheduler(_engine, _options);
        _stages = [.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => new StageModel(_engine))];
        _requestCount = _random.Next(1, 20);
        _cancelChance = _random.Next(4) switch { 0 => 0, 1 => 0.1, _ => 0.02 };
        _failChance = _random.Next(4) switch { 0 => 0, 1 => 0.2, _ => 0.03 };
    }

    /// <summary>Every step and every update, in order.</summary>
    public string Trace => _trace.ToString();

    public int Failures { get; private set; }

    public int Cancels { get; private set; }

    public int Completed => _requests.Values.Count(request => request.Finish is FinishReason.Stop or FinishReason.Length);

    public void Run()
    {
        var arrived = 0;
        for (var turn = 0; arrived < _requestCount || _requests.Values.Any(request => request.Finish is null) || _flying.Count > 0; turn++)
        {
            Require(turn < 20_000, "the schedule does not end");
            _nowSeconds++;
            if (arrived < _requestCount && _random.Next(4) == 0)
                Arrive(arrived++);
            if (Chance(_cancelChance) && arrived > 0)
                Cancel($"r{_random.Next(arrived)}");
            if (_random.Next(3) > 0)
                Issue();
            for (var moves = _random.Next(4); moves > 0 && _flying.Count > 0; moves--)
                Advance();
            if (_flying.Count > 0 && Chance(_failChance))
                Fail();
            CheckCounters();
        }

        Drain();
    }

    private void Arrive(int index)
    {
        var request = new GenerationRequest
        {
            Id = $"r{index}",
            ModelId = "m",
            PromptTokens = [.. Enumerable.Range(0, _random.Next(1, 16)).Select(position => 1000 * (index + 1) + position)],
            MaxTokens = _random.Next(1, 12),
            StopTokens = _random.Next(2) == 0 ? [3, 5, 7] : [],
        };
        try
        {
            _scheduler.Enqueue(request, _nowSeconds);
            _requests.Add(request.Id, new RequestRun(request, index));
        }
        catch (RequestRejectedException)
        {
            var length = request.PromptTokens.Length;
            Require(
                length >= _engine.MaxSequenceTokens || Math.Min(length + request.MaxTokens, _engine.MaxSequenceTokens) > _engine.KvCells,
                "a request that fits was rejected");
        }
        catch (OverloadedException)
        {
            Require(_scheduler.Counters.QueuedRequests >= _options.QueueLimit, "a queue with room refused a request");
        }
    }

    private void Cancel(string id)
    {
        var wasAlive = _requests.TryGetValue(id, out var run) && run.Finish is null;
        var update = _scheduler.Cancel(id);
        Require(update.HasValue == wasAlive, $"cancelling {id} said the wrong thing");
        if (update is not { } last)
            return;
        Cancels++;
        Require(last.Chunk.Finish == FinishReason.Cancelled, "a cancelled request ended otherwise");
        Receive(last);
    }

    private void Issue()
    {
        for (var limit = _random.Next(1, 4); limit > 0 && _scheduler.Next(_nowSeconds) is { } step; limit--)
        {
            _trace.Append(step.Text()).Append('\n');
            foreach (var admitted in step.Admitted)
            {
                var earliest = _requests.Values.Where(request => request.IsQueued).MinBy(request => request.Arrival);
                Require(earliest?.Request.Id == admitted.RequestId, $"{admitted.RequestId} overtook {earliest?.Request.Id}");
                earliest!.IsQueued = false;
            }

            var prefillRows = step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows);
            Require(
                step.Shares.All(share => share.IsPrefill) || prefillRows <= _options.PrefillTokensBesideDecode,
                $"{prefillRows} prompt rows beside decode rows");
            Require(step.Shares.Sum(share => share.Rows) == step.Rows.Length, "the shares do not cover the rows");
            _flying.Add(new FlyingStep(step));
        }
    }

    /// <summary>Lets one random stage run its next step, or one finished step be reported.</summary>
    private void Advance()
    {
        var index = _random.Next(_flying.Count);
        var flying = _flying[index];
        if (flying.StagesDone == _stages.Length)
        {
            flying.Reported = true;
            var updates = _scheduler.Complete(flying.Step.StepNumber, [.. flying.Sampled]);
            while (_flying.Count > 0 && _flying[0].Reported)
                _flying.RemoveAt(0);
            foreach (var update in updates)
                Receive(update);
        }
        else if (index == 0 || _flying[index - 1].StagesDone > flying.StagesDone)
        {
            flying.Sampled = _stages[flying.StagesDone].Execute(flying.Step);
            flying.StagesDone++;
        }
        else if (_lost.Count > 0 && _random.Next(4) == 0)
        {
            Require(_scheduler.Complete(_lost[_random.Next(_lost.Count)].Step.StepNumber, [1, 2, 3]).IsEmpty, "a lost step gave something");
        }
    }

    private void Fail()
    {
        Failures++;
        var failed = _flying[_random.Next(_flying.Count)];
        var recovery = _random.Next(2) == 0 ? FailureRecovery.Truncate : (FailureRecovery)_random.Next(3);
        LeaveStagesInDisorder(failed);
        _trace.Append($"fail {failed.Step.StepNumber} {recovery}\n");
        var inLostSteps = _flying.SelectMany(flying => flying.Step.Shares).Select(share => share.RequestId).ToHashSet();
        _lost.AddRange(_flying);
        _flying.Clear();

        var updates = _scheduler.Fail(failed.Step.StepNumber, TestRequests.Failure, recovery, _nowSeconds);

        if (recovery == FailureRecovery.Requeue)
            foreach (var request in _requests.Values.Where(request => request.Finish is null))
                request.IsQueued = true;
        foreach (var update in updates)
        {
            Require(update.Chunk is { Finish: FinishReason.Failed, Failure: not null }, "a given-up request says no failure");
            Require(inLostSteps.Contains(update.RequestId), $"{update.RequestId} fails for steps that it had no part in");
            Receive(update);
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
        foreach (var stage in _stages)
            stage.MarkUnsure(unsure);
        foreach (var flying in _flying)
            for (var stage = flying.StagesDone; stage < _stages.Length && Chance(0.6); stage++)
                if (_stages[stage].TryExecute(flying.Step, commandsOnly: flying == failed, out _) is not null || flying == failed)
                    break;
    }

    private void Receive(RequestUpdate update)
    {
        _trace.Append($"{update.RequestId} {update.Chunk.FirstIndex}: {string.Join(' ', update.Chunk.Tokens)} {update.Chunk.Finish}\n");
        var run = _requests[update.RequestId];
        Require(run.Finish is null, $"{update.RequestId} got news after its end");
        Require(update.Chunk.FirstIndex == run.Answer.Count, $"{update.RequestId} lost or doubled tokens");
        run.Answer.AddRange(update.Chunk.Tokens);
        run.Finish = update.Chunk.Finish;
        if (run.Finish is not null)
            run.IsQueued = false;

        var expected = ReferenceModel.Generate(run.Request, _engine.MaxSequenceTokens);
        Require(expected.Tokens.Take(run.Answer.Count).SequenceEqual(run.Answer), $"{update.RequestId} got tokens that are not its own");
        if (run.Finish is FinishReason.Stop or FinishReason.Length)
            Require(run.Finish == expected.Finish && run.Answer.Count == expected.Tokens.Length, $"{update.RequestId} ended too soon");
    }

    private void CheckCounters()
    {
        var counters = _scheduler.Counters;
        Require(counters.UsedKvCells <= counters.ReservedKvCells && counters.ReservedKvCells <= _engine.KvCells, "too many cells");
        Require(counters.RunningRequests <= _engine.MaxSequences, "too many sequences");
        Require(counters.StepsInFlight == _flying.Count && _flying.Count <= _options.MaxStepsInFlight, "steps miscounted");
        Require(counters.QueuedRequests == _requests.Values.Count(request => request.IsQueued), "queue miscounted");
    }

    /// <summary>All requests have ended: the last slots are closed, and nothing is left anywhere.</summary>
    private void Drain()
    {
        while (_scheduler.Next(_nowSeconds) is { } step)
        {
            Require(step.Rows.IsEmpty, "rows without a request");
            foreach (var stage in _stages)
                stage.Execute(step);
            _scheduler.Complete(step.StepNumber, []);
        }

        var counters = _scheduler.Counters;
        Require(counters is { QueuedRequests: 0, RunningRequests: 0, ReservedKvCells: 0, UsedKvCells: 0, StepsInFlight: 0, PendingTokens: 0 }, "a leak");
        Require(_stages.All(stage => stage.OpenSlots == 0), "a slot was left open on a stage");
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }

    private sealed class FlyingStep(StepPlan step)
    {
        public StepPlan Step => step;

        public int StagesDone { get; set; }

        public List<int> Sampled { get; set; } = [];

        public bool Reported { get; set; }
    }

    private sealed class RequestRun(GenerationRequest request, int arrival)
    {
        public GenerationRequest Request => request;

        public int Arrival => arrival;

        public bool IsQueued { get; set; } = true;

        public List<int> Answer { get; } = [];

        public FinishReason? Finish { get; set; }
    }
}
