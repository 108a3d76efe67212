using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Parts;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <summary>
/// The life of a replica: events in, effects out, no I/O and no clock. What to run next is the scheduler's business; this knows whether
/// anything may run, which steps are on their way in which epoch, whose parts they serve, and what becomes of both when something fails.
/// </summary>
/// <remarks>
/// | state | is | goes on to |
/// |---|---|---|
/// | Stopped | holds nothing | Loading: started |
/// | Loading | the stages load | Serving: all have; Stopped: one has not, or it is stopped |
/// | Serving | takes parts, runs steps | Recovering: a step is lost; Draining; OutOfService; Stopped |
/// | Recovering | stages begin a new epoch; parts are taken, no step runs | Serving or Draining: all have; OutOfService: one has not |
/// | Draining | runs what it has, takes nothing | Recovering; OutOfService; Stopped |
/// | OutOfService | has ended its parts with the reason | Loading: started anew; Stopped |
///
/// An epoch is a run of steps without a loss. Whatever is said of another epoch, or of a step that is not on its way, is void, so that
/// messages may be lost, late or doubled. A lost step or a lost word of its end is noticed by its sender, by the stages' progress
/// (<see cref="Progress"/>) or by the step's time-out, whichever comes first; a lost update by its reader (<see cref="Want"/>).
/// </remarks>
public sealed partial class ReplicaMachine
{
    /// <summary>Epochs of one start; more failures than that do not happen between two.</summary>
    private const long EpochsPerStart = 1L << 24;

    private readonly List<ReplicaEffect> _effects = [];
    private readonly SentSteps _sent = new();
    private ReplicaSetup? _setup;
    private ReplicaScheduler? _scheduler;
    private RateMeter _rate = new();
    private ReplicaState _afterRecovery;
    private StepFailure? _lastLoss;

    public ReplicaState State { get; private set; }

    /// <summary>Why it does not serve, or else why a step was lost last; empty where none was.</summary>
    public string LastFailure { get; private set; } = "it has not been started";

    public long Epoch { get; private set; }

    /// <summary>Steps that were lost since it was made, also before it was started anew.</summary>
    public long FailedSteps { get; private set; }

    public PartTable Parts { get; } = new();

    /// <summary>Under load; 0 while too little has been measured.</summary>
    public double MeasuredTokensPerSecond { get; private set; }

    /// <summary>Whether it runs parts, or would.</summary>
    private bool IsUp => State is ReplicaState.Serving or ReplicaState.Draining or ReplicaState.Recovering;

    /// <summary>What has to be done since the last taking.</summary>
    public ImmutableArray<ReplicaEffect> TakeEffects()
    {
        if (_effects.Count == 0)
            return [];
        ImmutableArray<ReplicaEffect> taken = [.. _effects];
        _effects.Clear();
        return taken;
    }

    /// <exception cref="ConfigurationException">The scheduler's settings are out of range.</exception>
    public void Start(ReplicaSetup setup, double nowSeconds)
    {
        var scheduler = new ReplicaScheduler(setup.Plan.Engine, setup.Scheduler) { TokensPerSecond = setup.PlannedTokensPerSecond };
        Stop(nowSeconds);
        (_setup, _scheduler, _rate) = (setup, scheduler, new RateMeter());
        Epoch = Math.Max(Epoch + 1, setup.Start * EpochsPerStart);
        Enter(ReplicaState.Loading);
        LastFailure = "its stages are being loaded";
        _effects.Add(new LoadStages(Epoch));
    }

    public void Loaded(long epoch)
    {
        if (State != ReplicaState.Loading || epoch != Epoch)
            return;
        Enter(ReplicaState.Serving);
        LastFailure = "";
    }

    public void LoadFailed(long epoch, string reason, double nowSeconds)
    {
        if (State != ReplicaState.Loading || epoch != Epoch)
            return;
        // What did load must not hold memory that nobody uses.
        GiveUp(ReplicaState.Stopped, reason, null, nowSeconds);
        _effects.Add(new UnloadStages(Epoch));
    }

    public void Drain()
    {
        if (State == ReplicaState.Recovering)
            _afterRecovery = ReplicaState.Draining;
        else if (State == ReplicaState.Serving)
            Enter(ReplicaState.Draining);
    }

    /// <summary>Whether it has nothing to do and takes nothing.</summary>
    public bool IsDrained => !IsUp || (TakesNothing && Parts.Running.Count == 0);

    public void Stop(double nowSeconds, string reason = "it has been stopped")
    {
        if (State == ReplicaState.Stopped)
            return;
        GiveUp(ReplicaState.Stopped, State == ReplicaState.OutOfService ? LastFailure : reason, null, nowSeconds);
        _effects.Add(new UnloadStages(Epoch));
    }

    private bool TakesNothing => (State == ReplicaState.Recovering ? _afterRecovery : State) == ReplicaState.Draining;

    /// <returns>Null, or why it is not taken. One that is known already is taken, and not run twice.</returns>
    public RequestFailure? Submit(
        string readerId, long ticket, GenerationRequest request, RunMode mode, ImmutableArray<KvSource> sources, double nowSeconds)
    {
        if (Parts.Find(readerId, ticket) is not null)
            return null;
        if (!IsUp || TakesNothing)
            return Refusal(FailedParty.Stage, $"Replica {_setup?.Key} takes no requests: {Sentence.End(TakesNothing ? "it is being drained" : LastFailure)}", mayRetry: true);
        try
        {
            _scheduler!.Enqueue(request, nowSeconds, mode);
        }
        catch (OverloadedException full)
        {
            return Refusal(FailedParty.Queue, full.Message, mayRetry: true) with { RetryAfterSeconds = full.QuotedWaitSeconds };
        }
        catch (RequestRejectedException rejected)
        {
            return Refusal(FailedParty.Client, rejected.Message, mayRetry: false);
        }
        catch (ArgumentException unknown)
        {
            return Refusal(FailedParty.Client, unknown.Message, mayRetry: false);
        }
        Parts.Add(new PartState(readerId, ticket, request, mode, sources, _setup!.Plan, _setup.Name, nowSeconds));
        Pump(nowSeconds);
        return null;
    }

    /// <summary>A reader says what it wants: <see cref="PartTable.Want"/>.</summary>
    /// <returns>Tickets that are not known here.</returns>
    public ImmutableArray<long> Want(string readerId, long nextTicket, IReadOnlyDictionary<long, int> seen, double nowSeconds)
    {
        var (unknown, unwanted) = Parts.Want(readerId, nextTicket, seen, nowSeconds);
        foreach (var part in unwanted)
            End(part, nowSeconds);
        return unknown;
    }

    /// <summary>A reader no longer wants a part.</summary>
    /// <returns>Its times up to now; null where it is not known, or no longer.</returns>
    public RequestTimeline? End(string readerId, long ticket, double nowSeconds)
    {
        if (Parts.Find(readerId, ticket) is not { } part)
            return null;
        End(part, nowSeconds);
        return part.Times;
    }

    /// <summary>All stages have begun the epoch.</summary>
    public void StagesReset(long epoch, double nowSeconds)
    {
        if (State != ReplicaState.Recovering || epoch != Epoch)
            return;
        Enter(_afterRecovery);
        Pump(nowSeconds);
    }

    /// <summary>A stage has not begun the epoch.</summary>
    public void ResetFailed(long epoch, string reason, double nowSeconds)
    {
        if (State == ReplicaState.Recovering && epoch == Epoch)
            GiveUp(ReplicaState.OutOfService, $"a stage could not be brought back after {LastFailure}: {reason}", _lastLoss, nowSeconds);
    }

    /// <summary>The last stage has finished a step.</summary>
    /// <returns>Whether that was still to come: else the word is void.</returns>
    public bool Complete(StepCompletion completion, double nowSeconds)
    {
        if (!IsUp || completion.Epoch != Epoch || _sent.Find(completion.StepNumber) is not { } step)
            return false;
        var tokens = completion.SampledTokens.IsDefault ? [] : completion.SampledTokens;
        if (tokens.Length != step.OutputRows)
        {
            Fail(OfStage(0, step.StepNumber, FailedParty.Engine, $"{tokens.Length} tokens came for {step.OutputRows} output rows"), nowSeconds);
            return false;
        }
        _sent.Remove(step.StepNumber);
        foreach (var share in step.Shares)
        {
            if (Parts.FindRunning(share.RequestId) is not { } part)
                continue;
            part.Ran(share.IsPrefill, completion.Trace);
            if (share is { IsPrefill: true, HasOutput: true })
                part.PromptRead(nowSeconds);
        }
        foreach (var slot in step.KvReservations)
            SlotOpened(slot);
        _rate.OnStep(step.Rows.Length, nowSeconds, isLoaded: _scheduler!.QueuedRequests > 0);
        Measure(nowSeconds);
        Apply(_scheduler.Complete(step.StepNumber, tokens), nowSeconds);
        Pump(nowSeconds);
        return true;
    }

    /// <summary>A step has failed, or could not be sent on. All steps on their way are lost with it.</summary>
    public void Fail(StepFailure failure, double nowSeconds)
    {
        if (State is not (ReplicaState.Serving or ReplicaState.Draining) || failure.Epoch != Epoch || !_sent.Contains(failure.StepNumber))
            return;
        FailedSteps++;
        LastFailure = $"step {failure.StepNumber} on device {failure.DeviceId}: {failure.Message}";
        _lastLoss = failure;
        _effects.Add(new StepLost(failure));
        _afterRecovery = State;
        Enter(ReplicaState.Recovering);
        Epoch++;
        // Slots that a lost step was to open are opened anew by a later one; what comes for them meanwhile is void.
        foreach (var slot in _sent.Plans.SelectMany(step => step.KvReservations).ToArray())
            if (Awaiting(slot) is { } part)
                GiveUpSlot(part, "the step that was to open it was lost");
        _sent.Clear();
        Apply(_scheduler!.Fail(failure.StepNumber, OfRequest(failure), FailureRecovery.Truncate, nowSeconds, failure.Slot), nowSeconds);
        if (IsOfTheModel(failure))
            GiveUp(ReplicaState.OutOfService, failure.Message, failure, nowSeconds);
        else if (_scheduler.IsBeyondRecovery)
            GiveUp(ReplicaState.OutOfService, $"no step succeeds any more; the last one failed on device {failure.DeviceId}: {failure.Message}", failure, nowSeconds);
        else
            _effects.Add(new ResetStages(Epoch, _scheduler.NextStepNumber));
    }

    /// <summary>All stages have said how far they are.</summary>
    /// <param name="epoch">In which they were asked.</param>
    /// <param name="stages">In their order.</param>
    /// <param name="askedSeconds">When they were asked.</param>
    public void Progress(long epoch, ImmutableArray<StageProgress> stages, double askedSeconds, double nowSeconds)
    {
        if (State is not (ReplicaState.Serving or ReplicaState.Draining) || epoch != Epoch)
            return;
        var lost = stages.TakeWhile(stage => stage.IsLoaded).Count();
        if (lost < stages.Length)
            GiveUp(
                ReplicaState.OutOfService, $"stage {lost} on device {_setup!.Plan.Stages[lost].DeviceId} no longer holds its layers",
                OfStage(lost, 0, FailedParty.Stage, ""), nowSeconds);
        else if (_sent.Missing(stages, askedSeconds) is { } missing)
            Fail(OfStage(0, missing, FailedParty.Link, "no stage has the step, and nobody has said what became of it"), nowSeconds);
    }

    /// <summary>To be called time and again: notices what nobody says.</summary>
    public void Tick(double nowSeconds)
    {
        Measure(nowSeconds);
        if (State is ReplicaState.Serving or ReplicaState.Draining && _sent.Overdue(_setup!.StepTimeoutSeconds, nowSeconds) is { } overdue)
            Fail(
                OfStage(0, overdue.Step, FailedParty.Stage, $"no stage has answered for {overdue.Seconds:0} s (StepTimeoutSeconds is {_setup.StepTimeoutSeconds})"),
                nowSeconds);
        foreach (var part in Parts.Abandoned(_setup?.LeaseSeconds ?? 0, nowSeconds))
        {
            if (!part.HasEnded)
                _effects.Add(new PartAbandoned(part.RequestId));
            End(part, nowSeconds);
        }
    }

    /// <summary>Where nothing is measured, the plan's rate counts.</summary>
    private void Measure(double nowSeconds)
    {
        MeasuredTokensPerSecond = _rate.TokensPerSecond(nowSeconds);
        if (_scheduler is not null)
            _scheduler.TokensPerSecond = MeasuredTokensPerSecond > 0 ? MeasuredTokensPerSecond : _setup!.PlannedTokensPerSecond;
    }

    private void Enter(ReplicaState state)
    {
        if (State == state)
            return;
        State = state;
        _effects.Add(new StateChanged());
    }

    /// <summary>Ends a part that nobody wants any more, and frees what it holds, whether it is done or not.</summary>
    private void End(PartState part, double nowSeconds)
    {
        Parts.Remove(part);
        if (part.HasEnded)
            return;
        GiveUpSlot(part, "the request has ended");
        _scheduler?.Cancel(part.RequestId);
        part.Cancel(nowSeconds);
        if (part.Held is not null)
            _effects.Add(new HeldChanged());
        Pump(nowSeconds);
    }

    /// <summary>Issues all the steps that may be issued now.</summary>
    private void Pump(double nowSeconds)
    {
        while (State is ReplicaState.Serving or ReplicaState.Draining && _scheduler!.Next(nowSeconds) is { } step)
        {
            foreach (var admitted in step.Admitted)
                if (Parts.FindRunning(admitted.RequestId) is { } part)
                {
                    part.Started(nowSeconds);
                    Parts.OnUpdated(part);
                }
            _sent.Add(step, nowSeconds);
            foreach (var slot in step.KvReservations)
                Reserve(slot);
            _effects.Add(new SendStep(Epoch, step));
        }
    }

    private void Apply(IReadOnlyList<RequestUpdate> updates, double nowSeconds)
    {
        foreach (var update in updates)
        {
            if (Parts.FindRunning(update.RequestId) is not { } part)
                continue;
            if (update.Prefill is { } prefill)
            {
                part.Held?.Advance(prefill);
                _effects.Add(new HeldChanged());
            }
            if (update.Chunk is { Tokens.IsEmpty: true, Finish: null })
                continue;
            part.Deliver(update.Chunk, nowSeconds);
            Updated(part);
        }
    }

    private void Updated(PartState part)
    {
        Parts.OnUpdated(part);
        if (part.HasEnded)
            GiveUpSlot(part, "the request has ended");
    }

    /// <summary>Takes no more parts, and ends those that it has with the reason.</summary>
    private void GiveUp(ReplicaState next, string reason, StepFailure? cause, double nowSeconds)
    {
        Enter(next);
        LastFailure = reason;
        Epoch++;
        _sent.Clear();
        var isOfTheModel = cause is not null && IsOfTheModel(cause);
        // Where single requests met what the model makes of them, the others may fare better elsewhere.
        var party = cause is null || (cause.Party == FailedParty.Model && !isOfTheModel) ? FailedParty.Stage : cause.Party;
        var failure = Refusal(party, isOfTheModel ? Sentence.End(reason) : $"Replica {_setup?.Key} gave up: {Sentence.End(reason)}", mayRetry: !isOfTheModel)
            with { DeviceId = cause?.DeviceId ?? "" };
        foreach (var part in Parts.Running.ToArray())
        {
            part.Fail(failure, nowSeconds);
            Updated(part);
        }
        _effects.Add(new HeldChanged());
        _scheduler = null;
    }

    private StepFailure OfStage(int stage, long step, FailedParty party, string message) => new()
    {
        Epoch = Epoch,
        StepNumber = step,
        StageIndex = stage,
        DeviceId = _setup!.Plan.Stages[stage].DeviceId,
        Party = party,
        Message = message,
    };

    /// <summary>Whether it is nobody's tokens that the model fails on, so that it fails on all.</summary>
    private static bool IsOfTheModel(StepFailure failure) => failure is { Party: FailedParty.Model, Slot: null };

    private static RequestFailure OfRequest(StepFailure failure) =>
        Refusal(failure.Party, failure.Message, mayRetry: failure.Party != FailedParty.Model) with { Phase = RequestPhase.Decode, DeviceId = failure.DeviceId };

    private static RequestFailure Refusal(FailedParty party, string message, bool mayRetry) =>
        new() { Party = party, Phase = RequestPhase.Queued, Message = message, MayRetry = mayRetry };
}
