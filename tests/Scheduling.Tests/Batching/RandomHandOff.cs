using System.Collections.Immutable;
using System.Text;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>
/// One random life of a PREFILL and a DECODER replica that hand requests over, beside whole requests on both: stages that take caches in
/// one by one, caches that do not arrive, failures and cancels at any moment. The same seed gives the same life.
/// </summary>
internal sealed class RandomHandOff
{
    private readonly Random _random;
    private readonly ReplicaModel _prefill;
    private readonly ReplicaModel _decoder;
    private readonly int _requestCount;
    private readonly double _cancelChance;
    private readonly double _kvFailChance;
    private readonly bool _sharesPrefixes;
    private readonly Dictionary<string, HandOffRun> _handOffs = [];
    private readonly Dictionary<string, AnswerModel> _whole = [];
    private readonly StringBuilder _trace = new();
    private double _nowSeconds;

    public RandomHandOff(int seed)
    {
        _random = new Random(seed);
        _prefill = new ReplicaModel("P ", _random, _trace)
        {
            Issued = OnPrefillIssued,
            Updated = OnPrefillUpdate,
            Failed = OnPrefillFailed,
        };
        _decoder = new ReplicaModel("D ", _random, _trace)
        {
            Issued = OnDecoderIssued,
            Updated = OnDecoderUpdate,
            Failed = OnDecoderFailed,
        };
        _requestCount = _random.Next(1, 20);
        _cancelChance = _random.Next(4) switch { 0 => 0, 1 => 0.1, _ => 0.02 };
        _kvFailChance = _random.Next(3) switch { 0 => 0.1, _ => 0.01 };
        _sharesPrefixes = _random.Next(2) == 0;
    }

    public string Trace => _trace.ToString();

    public Dictionary<string, long> Seen { get; } = [];

    public SchedulerCounters PrefillCounters => _prefill.Scheduler.Counters;

    public SchedulerCounters DecoderCounters => _decoder.Scheduler.Counters;

    public int PrefillFailures => _prefill.Failures;

    public int DecoderFailures => _decoder.Failures;

    private IEnumerable<AnswerModel> Answers => _handOffs.Values.Select(run => run.Answer).Concat(_whole.Values);

    public void Run()
    {
        var arrived = 0;
        for (var turn = 0; arrived < _requestCount || _prefill.IsBusy || _decoder.IsBusy; turn++)
        {
            Require(turn < 20_000, "the schedule does not end");
            _nowSeconds++;
            if (arrived < _requestCount && _random.Next(4) == 0)
                Arrive(arrived++);
            if (_random.NextDouble() < _cancelChance && arrived > 0)
                Cancel($"r{_random.Next(arrived)}");
            foreach (var replica in new[] { _prefill, _decoder })
            {
                if (_random.Next(3) > 0)
                    replica.Issue(_nowSeconds);
                for (var moves = _random.Next(5); moves > 0; moves--)
                    replica.Advance();
                replica.MaybeFail(_nowSeconds);
                replica.CheckCounters();
            }

            foreach (var run in _handOffs.Values.Where(_ => _random.Next(3) == 0))
                Move(run);
        }

        _prefill.Drain(_nowSeconds);
        _decoder.Drain(_nowSeconds);
        Require(Answers.All(answer => answer.Finish is not null), "a request was lost");
        Count("completed requests", Answers.Count(answer => answer.IsComplete));
        Count(
            "hand-offs of answers that others had begun",
            _handOffs.Values.Count(run => run.HasArrived && run.Answer is { IsComplete: true, Request.Answer.Length: > 0 }));
    }

    private void Arrive(int index)
    {
        var request = RandomSettings.Request(_random, index, _sharesPrefixes);
        var replica = _random.Next(10) switch { 0 => _prefill, 1 => _decoder, _ => null };
        try
        {
            (replica ?? _prefill).Enqueue(request, replica is null ? RunMode.PrefillOnly : RunMode.Whole, _nowSeconds);
        }
        catch (E2LlmException)
        {
            return;
        }

        if (replica is null)
            _handOffs.Add(request.Id, new HandOffRun(new AnswerModel(
                request, Math.Max(_decoder.Engine.MaxSequenceTokens, request.PromptTokens.Length + request.Answer.Length + 1))));
        else
            _whole.Add(request.Id, new AnswerModel(request, replica.Engine.MaxSequenceTokens));
    }

    private void Cancel(string id)
    {
        var cancelled = _prefill.Cancel(id);
        var decode = _decoder.Cancel(id);
        if (_whole.TryGetValue(id, out var answer) && (cancelled ?? decode) is { } last)
            answer.Receive(last.Chunk);
        if (!_handOffs.TryGetValue(id, out var run) || run.Answer.Finish is not null)
            return;
        Count("cancels", 1);
        Count("cancels between the two", run.IsHeld && !run.HasArrived ? 1 : 0);
        Count("cancels of answers that were handed over", run.HasArrived && run.Answer.HasGrown ? 1 : 0);
        Count("cancels before the first token", run.Answer.HasGrown ? 0 : 1);
        run.Answer.Receive(new TokenChunk { FirstIndex = run.Answer.Tokens.Count, Finish = FinishReason.Cancelled });
    }

    /// <summary>What the owner of a hand-off does next: queue the decode part, send the cache on to a stage, report, release.</summary>
    private void Move(HandOffRun run)
    {
        var id = run.Answer.Request.Id;
        if (!run.IsOpen)
        {
            if (_prefill.IsAlive(id))
                Release(run, id);
            return;
        }

        if (run is { Reservation: not null, Stale: not null })
            ReportStale(run);
        if (run.IsPrefillAdmitted && !_decoder.IsAlive(id))
            EnqueueDecode(run);
        else if (run.Reservation is { } reservation && _random.NextDouble() < _kvFailChance)
            FailKv(run, reservation);
        else if (run is { IsHeld: true, Reservation: { } ready })
            Send(run, ready);
    }

    /// <summary>What is said about an older reservation must not touch the new one.</summary>
    private void ReportStale(HandOffRun run)
    {
        var stale = run.Stale!.Value;
        var waiting = DecoderCounters.AwaitingKvRequests;
        var arrived = _decoder.Scheduler.KvArrived(stale, run.Answer.Request.PromptTokens.Length, [1]);
        var failed = _decoder.Scheduler.KvFailed(stale, TestRequests.Failure, KvRecovery.Fail, _nowSeconds);
        Require(arrived is null && failed is null && DecoderCounters.AwaitingKvRequests == waiting, "a void reservation was heard");
        Count("stale reports", 1);
    }

    private void Release(HandOffRun run, string id)
    {
        if (run.Answer.HasGrown)
            _prefill.Release(id);
        else
            _prefill.Cancel(id);
        Count("hand-offs", run.HasArrived ? 1 : 0);
    }

    private void EnqueueDecode(HandOffRun run)
    {
        try
        {
            _decoder.Enqueue(run.Answer.Request, RunMode.DecodeOnly, _nowSeconds);
        }
        catch (OverloadedException)
        {
            // Tried again: the prompt stays held.
        }
        catch (RequestRejectedException)
        {
            _prefill.Cancel(run.Answer.Request.Id);
            Fail(run);
        }
    }

    private void FailKv(HandOffRun run, KvReservation reservation)
    {
        Count("caches that did not arrive", 1);
        var recovery = (KvRecovery)_random.Next(3);
        run.Void();
        if (recovery == KvRecovery.ReadHere && !run.IsHeld)
        {
            // The decoder reads all of it, so the prefill part must not deliver a first token.
            _prefill.Cancel(reservation.RequestId);
            run.HasArrived = true;
        }

        run.HasArrived |= recovery == KvRecovery.ReadHere;
        var last = _decoder.Scheduler.KvFailed(reservation, TestRequests.Failure, recovery, _nowSeconds, [.. run.Answer.Tokens]);
        if (last is null)
            _decoder.Requeued(reservation.RequestId);
        _decoder.Report(last);
    }

    private void Send(HandOffRun run, KvReservation reservation)
    {
        var request = run.Answer.Request;
        Require(
            run.Exported.SequenceEqual([.. request.PromptTokens, .. request.Answer]),
            $"{reservation.RequestId}: the stages confirmed other positions than those of prompt and answer so far");
        ImmutableArray<int> answer = [.. run.Answer.Tokens];
        var open = Enumerable.Range(0, _decoder.Stages.Length).Where(stage => !run.StagesFilled.Contains(stage)).ToArray();
        if (open.Length > 0)
        {
            var stage = open[_random.Next(open.Length)];
            var openAnew = SequenceCommand.Open(reservation.Sequence, request, answer);
            if (_decoder.Stages[stage].TryImport(openAnew, reservation.StepNumber, run.Exported))
                run.StagesFilled.Add(stage);
            return;
        }

        run.HasArrived = true;
        var last = _decoder.Scheduler.KvArrived(reservation, run.Exported.Count, answer);
        _decoder.Report(last);
        Require(_decoder.Scheduler.KvArrived(reservation, run.Exported.Count, answer) is null, "a cache arrived twice");
    }

    private void OnPrefillIssued(StepPlan step)
    {
        foreach (var admitted in step.Admitted)
            if (_handOffs.TryGetValue(admitted.RequestId, out var run))
                run.IsPrefillAdmitted = true;
    }

    private void OnPrefillUpdate(RequestUpdate update)
    {
        if (!_handOffs.TryGetValue(update.RequestId, out var run))
        {
            _whole[update.RequestId].Receive(update.Chunk);
            return;
        }

        // What the prefill side says after the cache has left it is nobody's business any more.
        if (!run.IsOpen)
            return;
        run.Answer.Receive(update.Chunk);
        if (run.Answer.Finish is not null)
            _decoder.Cancel(update.RequestId);
        if (update.Prefill is not { } progress)
            return;
        if (progress.FromPosition == 0)
            run.Exported.Clear();
        Require(progress.FromPosition == run.Exported.Count && progress.ToPosition > progress.FromPosition, "positions are missing");
        var parts = _prefill.Stages
            .Select(stage => stage.Export(progress.Sequence, progress.FromPosition, progress.ToPosition).ToArray()).ToArray();
        Require(parts.All(part => part.SequenceEqual(parts[0])), "the stages hold different positions");
        run.Exported.AddRange(parts[0]);
        run.IsHeld = progress.IsHeld;
    }

    private void OnPrefillFailed(IReadOnlyCollection<long> lostSteps, FailureRecovery recovery)
    {
        if (recovery != FailureRecovery.Requeue)
            return;
        foreach (var (id, run) in _handOffs.Where(pair => _prefill.IsAlive(pair.Key) && pair.Value.IsOpen))
        {
            // The prompt is read again, from a queue: no slot of the decoder may wait for that.
            run.IsPrefillAdmitted = run.IsHeld = false;
            run.Exported.Clear();
            run.Void();
            _decoder.Cancel(id);
        }
    }

    private void OnDecoderIssued(StepPlan step)
    {
        Count("preemptions of answers that were handed over", step.Preempted.Count(id => _handOffs.TryGetValue(id, out var run) && run.HasArrived));
        foreach (var reservation in step.KvReservations)
            if (_handOffs[reservation.RequestId] is { HasArrived: false } run)
            {
                run.Void();
                run.Reservation = reservation;
            }
    }

    private void OnDecoderUpdate(RequestUpdate update)
    {
        if (_whole.TryGetValue(update.RequestId, out var answer))
            answer.Receive(update.Chunk);
        else if (update.Chunk.Finish == FinishReason.Failed)
            Fail(_handOffs[update.RequestId]);
        else
            _handOffs[update.RequestId].Answer.Receive(update.Chunk);
    }

    private void OnDecoderFailed(IReadOnlyCollection<long> lostSteps, FailureRecovery recovery)
    {
        foreach (var run in _handOffs.Values.Where(run => !run.HasArrived))
            if (run.Reservation is { } reservation && (recovery == FailureRecovery.Requeue || lostSteps.Contains(reservation.StepNumber)))
            {
                // What was sent for it is void, and saying otherwise must not change anything.
                _decoder.Scheduler.KvArrived(reservation, run.Answer.Request.PromptTokens.Length, [1]);
                run.Void();
            }
    }

    private static void Fail(HandOffRun run) => run.Answer.Receive(new TokenChunk
    {
        FirstIndex = run.Answer.Tokens.Count,
        Finish = FinishReason.Failed,
        Failure = TestRequests.Failure,
    });

    private void Count(string what, long count) => Seen[what] = Seen.GetValueOrDefault(what) + count;

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
