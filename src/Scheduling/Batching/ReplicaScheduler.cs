using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Batching;

/// <summary>
/// Decides what a replica runs next: queue, KV budget, continuous batching with chunked prefill, micro-batches for the pipeline,
/// cancellation and recovery. No I/O, no clock, no locks: one owner calls it, runs the steps and reports what came of them.
/// </summary>
/// <remarks>
/// A <i>slot</i> is a number from 0 to MaxSequences - 1, under which all stages keep one sequence. Cells are <i>reserved</i> for a slot
/// before a row that needs them is issued. A <i>part</i> is what one of two replicas runs of a request: the prefill part reads and samples
/// one token, the decode part writes on from there.
/// <list type="number">
/// <item>First come, first served within a class of priority; a class is a head start of PriorityAgeingSeconds, so nobody is passed by
/// requests that come later than two of these. The head of the queue starts when a slot and its cells are free, by default
/// all that it can need (<see cref="CellReservation"/>), and fewer requests run than may (<see cref="SchedulerOptions.MaxRunning"/>,
/// <see cref="RunningLimit"/>); until then nobody passes it.</item>
/// <item>A step takes the decode rows of the sequences that have waited longest, an even share of them so that every one of the
/// MicroBatches permitted steps has some, then prompt chunks: of the prompt that was admitted first, less up to half the rows where much shorter ones wait, then of
/// the shortest: up to MaxStepTokens rows, or PrefillTokensBesideDecode prompt rows while
/// any answer is being written. The chunks of a request that is alone depend on its prompt and MaxStepTokens only. Where decode rows
/// could fill every step, they leave an eighth to the prompts that wait.</item>
/// <item>An answer counts as being written from the moment that the last chunk of its prompt is issued, so no step that is issued
/// between its first and its last token, in flight ahead of it or not, has more prompt rows than PrefillTokensBesideDecode: a
/// prompt stalls an answer by the time of that many rows a step, however long it is. Where many answers are written it may be more, up to
/// MaxPrefillTokensBesideDecode: as many tokens of prompts for each decode row as requests have had, and a quarter more. With one step in flight, an answer is in every
/// step; with more, in one of any MaxStepsInFlight steps that are issued while the load stays the same and fits into them.</item>
/// <item>A decode row is issued once its token is known; chunks of a prompt follow each other without waiting.</item>
/// <item>Results may be reported in any order and are applied in step order.</item>
/// <item>A slot is closed, and may be given away, when no step in flight uses it; stages run steps in order, commands first.</item>
/// <item>A prefill part (<see cref="RunMode.PrefillOnly"/>) reports the positions that all stages hold, and keeps its slot until it is
/// released. A decode part (<see cref="RunMode.DecodeOnly"/>) takes its slot and all its cells before its KV cache arrives, so what
/// arrives has room.</item>
/// <item>After a failure every step in flight is lost. The next step closes each slot that a lost step opened or closed, because some
/// stages have run that step and some have not: closing a free slot must do nothing. It truncates the other slots that a lost step
/// touched to their last confirmed position.</item>
/// </list>
/// </remarks>
public sealed partial class ReplicaScheduler
{
    private readonly EngineSettings _engine;
    private readonly SchedulerOptions _options;
    private readonly RequestQueue _queue;
    private readonly RunningLimit _limit;
    private readonly SequenceTable _sequences;
    private readonly StepComposer _composer;
    private readonly StepLedger _steps = new();
    private readonly PromptMix _mix = new();
    private long _completedSteps;
    private long _completedRequests;
    private long _handedOffRequests;
    private long _generatedTokens;
    private int _failuresInARow;

    /// <exception cref="ConfigurationException">A setting is out of range; names all that are.</exception>
    public ReplicaScheduler(EngineSettings engine, SchedulerOptions options)
    {
        options.Validate(engine);
        _engine = engine;
        _options = options;
        _queue = new RequestQueue(options.MaxQueuedRequests, options.PriorityAgeingSeconds);
        _limit = new RunningLimit(
            options.MaxRunning > 0 ? Math.Min(options.MaxRunning, engine.MaxSequences) : engine.MaxSequences,
            options.MinimumTokensPerSecond,
            options.PlannedTokenSeconds);
        _sequences = new SequenceTable(engine, options, _limit);
        _composer = new StepComposer(engine, options, _queue, _sequences, _limit, _mix);
    }

    /// <summary>Number of the step that <see cref="Next"/> issues next.</summary>
    public long NextStepNumber => _steps.NextNumber;

    public int QueuedRequests => _queue.Count;

    /// <summary>
    /// Whether steps go on failing although the request that was held responsible has been given up: it is not the requests.
    /// </summary>
    public bool IsBeyondRecovery => _failuresInARow > _options.MaxFailedSteps;

    /// <summary>
    /// Rate at which the replica works off pending tokens, as its owner measured it or the plan predicts it; 0, the default, where
    /// nobody knows. Serves the quoted wait alone.
    /// </summary>
    public double TokensPerSecond { get; set; }

    /// <summary>Queues a request, or the part of it that this replica runs.</summary>
    /// <exception cref="ArgumentException">A request of this id is queued or running.</exception>
    /// <exception cref="RequestRejectedException">It can never fit; names the prompt's length, the limit and its knob.</exception>
    /// <exception cref="OverloadedException">
    /// The queue is full (names the limit), or the wait would be longer than the request's deadline (names both).
    /// </exception>
    public void Enqueue(GenerationRequest request, double nowSeconds, RunMode mode = RunMode.Whole)
    {
        if (_queue.Contains(request.Id) || _sequences.Find(request.Id) is not null)
            throw new ArgumentException($"Request {request.Id} is queued or running already.", nameof(request));
        var state = RequestState.Accept(request, _engine, nowSeconds, mode);
        _queue.ThrowIfFull(() => QuoteWaitSeconds(state, nowSeconds));
        if (request.DeadlineSeconds is { } deadline && QuoteWaitSeconds(state, nowSeconds) is { } wait && wait > deadline)
            throw new OverloadedException(
                $"The request would wait {wait:0.#} s for its start; its limit is {deadline:0.#} s (DeadlineSeconds, over HTTP max_wait_seconds). Try again later.")
            {
                QuotedWaitSeconds = wait,
            };
        _queue.Enqueue(state, nowSeconds);
    }

    /// <summary>Estimate of the seconds that a request would spend in the queue; null where the rate is not known.</summary>
    /// <exception cref="RequestRejectedException">As for <see cref="Enqueue"/>.</exception>
    public double? QuoteWaitSeconds(GenerationRequest request, double nowSeconds, RunMode mode = RunMode.Whole) =>
        QuoteWaitSeconds(RequestState.Accept(request, _engine, nowSeconds, mode), nowSeconds);

    /// <summary>The next step, or null when nothing can be issued before a step completes or a request comes.</summary>
    public StepPlan? Next(double nowSeconds)
    {
        if (_steps.Count >= _options.MaxStepsInFlight)
            return null;
        if (_composer.Compose(_steps.NextNumber, _steps, nowSeconds) is not { } step)
            return null;
        _steps.Add(step);
        return step.Plan;
    }

    /// <summary>Reports that the last stage has finished a step. Ignored for a step that was lost or is completed already.</summary>
    /// <param name="stepNumber">From <see cref="StepPlan.StepNumber"/>.</param>
    /// <param name="sampledTokens">One token per output row, in row order.</param>
    /// <returns>What it and the steps that waited for it bring; nothing while an earlier step is open.</returns>
    /// <exception cref="ArgumentException">Another number of tokens than the step has output rows; nothing is changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such step was issued.</exception>
    public ImmutableArray<RequestUpdate> Complete(long stepNumber, ImmutableArray<int> sampledTokens)
    {
        var updates = ImmutableArray.CreateBuilder<RequestUpdate>();
        _steps.Find(stepNumber)?.Complete(sampledTokens);
        while (_steps.TryTakeCompleted(out var step))
            Apply(step, updates);
        return updates.DrainToImmutable();
    }

    /// <summary>
    /// Reports that a step will not complete. All steps in flight are lost with it, earlier ones too. Ignored for a step that was
    /// lost or is completed already.
    /// </summary>
    /// <param name="stepNumber">
    /// The step that failed; its requests are held responsible (<see cref="SchedulerOptions.MaxFailedSteps"/>).
    /// </param>
    /// <param name="failure">What requests are told that are given up; the phase is filled in.</param>
    /// <param name="recovery">What becomes of the others.</param>
    /// <param name="slot">Whose request alone is responsible, and is given up at once; null: all of the step's are.</param>
    /// <returns>The requests that are given up.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such step was issued.</exception>
    public ImmutableArray<RequestUpdate> Fail(long stepNumber, RequestFailure failure, FailureRecovery recovery, double nowSeconds, int? slot = null)
    {
        var failed = _steps.Find(stepNumber);
        if (failed is null)
            return [];
        _failuresInARow++;
        foreach (var sequence in failed.Sequences.Where(sequence => !sequence.IsClosing))
            if (slot is null)
                sequence.Request.FailedSteps++;
            else if (sequence.Slot == slot)
                sequence.Request.FailedSteps = _options.MaxFailedSteps;
        var lost = _sequences.RollBack(_steps.LoseAll());
        if (recovery == FailureRecovery.Requeue)
            _sequences.ForgetPrefixes();

        var updates = ImmutableArray.CreateBuilder<RequestUpdate>();
        foreach (var sequence in _sequences.All.Where(sequence => !sequence.IsClosing).ToArray())
            if (sequence.Request.FailedSteps >= _options.MaxFailedSteps || (recovery == FailureRecovery.Fail && lost.Contains(sequence)))
                updates.Add(End(sequence, [], FinishReason.Failed, failure));
            else if (recovery == FailureRecovery.Requeue)
                Requeue(sequence, nowSeconds);

        return updates.DrainToImmutable();
    }

    /// <summary>Ends a request, queued or running. Its slot and cells are freed as soon as no step in flight uses them.</summary>
    /// <returns>Its last update, or null where it is unknown or has ended.</returns>
    public RequestUpdate? Cancel(string requestId)
    {
        if (_queue.Remove(requestId) is { } waiting)
            return Update(waiting, [], FinishReason.Cancelled, null);
        return _sequences.Find(requestId) is { } sequence ? End(sequence, [], FinishReason.Cancelled, null) : null;
    }

    private double? QuoteWaitSeconds(RequestState request, double nowSeconds)
    {
        var (requestsAhead, tokensAhead) = _queue.Ahead(request.Request.Priority, nowSeconds);
        tokensAhead += _sequences.All.Sum(sequence => sequence.PendingTokens);
        var seconds = request.Mode == RunMode.PrefillOnly
            ? WaitEstimate.InTurnSeconds(tokensAhead, TokensPerSecond)
            : WaitEstimate.ForRoomSeconds(_sequences.CanAdmit(request), requestsAhead, _sequences.All.Count, tokensAhead, TokensPerSecond);
        return double.IsFinite(seconds) ? seconds : null;
    }

    /// <summary>Takes a running request back to the queue; its slot is freed as soon as no step in flight uses it.</summary>
    private void Requeue(SequenceState sequence, double nowSeconds)
    {
        _sequences.Leave(sequence);
        sequence.Request.QueuedSeconds = nowSeconds;
        _queue.Return(sequence.Request);
    }

    private void Apply(StepInFlight step, ImmutableArray<RequestUpdate>.Builder updates)
    {
        _completedSteps++;
        _failuresInARow = 0;
        var output = 0;
        for (var index = 0; index < step.Sequences.Length; index++)
        {
            var sequence = step.Sequences[index];
            var share = step.Plan.Shares[index];
            var token = share.HasOutput ? step.SampledTokens[output++] : (int?)null;
            var from = sequence.Confirmed;
            sequence.Confirm(step.Ends[index]);
            _sequences.OnConfirmed(sequence);
            if (sequence.IsClosing)
                continue;
            var update = token is { } sampled ? Accept(sequence, sampled) : Update(sequence.Request, [], null, null);
            if (sequence is { IsClosing: false, Request.Mode: RunMode.PrefillOnly })
                updates.Add(update with { Prefill = new PrefillProgress(sequence.Slot, from, sequence.Confirmed, sequence.IsHeld) });
            else if (share.HasOutput)
                updates.Add(update);
        }
    }

    private RequestUpdate Accept(SequenceState sequence, int token)
    {
        var request = sequence.Request;
        request.FailedSteps = 0;
        if (request.Request.StopTokens.Contains(token))
        {
            OnCompleted(request);
            return End(sequence, [], FinishReason.Stop, null);
        }

        request.Append(token);
        _generatedTokens++;
        if (request.AnswerTokens < request.AnswerLimitTokens)
            return Update(request, [token], null, null);
        OnCompleted(request);
        return End(sequence, [token], FinishReason.Length, null);
    }

    private void OnCompleted(RequestState request)
    {
        _completedRequests++;
        if (request.IsReadHere)
            _mix.OnEnded(request.Request.PromptTokens.Length, request.AnswerTokens - request.BegunTokens);
    }

    private RequestUpdate End(SequenceState sequence, ImmutableArray<int> tokens, FinishReason finish, RequestFailure? failure)
    {
        var phase = sequence.IsDecoding || sequence.AwaitsKv ? RequestPhase.Decode : RequestPhase.Prefill;
        _sequences.Close(sequence);
        return Update(sequence.Request, tokens, finish, failure is null ? null : failure with { Phase = phase });
    }

    private static RequestUpdate Update(RequestState request, ImmutableArray<int> tokens, FinishReason? finish, RequestFailure? failure) =>
        new(request.Id, new TokenChunk
        {
            FirstIndex = request.AnswerTokens - tokens.Length,
            Tokens = tokens,
            Finish = finish,
            Failure = failure,
        });
}
