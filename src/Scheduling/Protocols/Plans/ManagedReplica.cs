using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>One replica as its plan sees it. What is late, or comes twice, or is about another start changes nothing.</summary>
/// <remarks>
/// <code>
/// Waiting   due, and its devices are free; where it was tried
///           before, all of them have a silo too                   → Starting   start it
///           says that it serves after all                         → Running
/// Starting  started, or says that it serves                       → Running
///           could not be started                                  → Waiting    after a pause
/// Running   says that it is out of service or stopped; its silo
///           or that of a device is gone; it is silent for
///           SilenceSeconds                                        → Waiting    after a pause; Stopping where it is retiring
///           silent for UnknownSeconds                             → Running    ask it
///           has to go while others serve                          → Draining   drain it
/// Draining  drained, out of service, the silo of a device is
///           gone, or DrainSeconds have passed                     → Stopping   stop it
/// (any)     has to go at once                                     → Stopping   stop it; Gone where it was never started
/// Stopping  stopped, or its silo is gone                          → Gone
///           could not be told                                     → Stopping   tell it again after a pause
/// </code>
/// </remarks>
internal sealed class ManagedReplica(ActualReplica actual, PlanTimes times, ICollection<PlanEffect> effects)
{
    private readonly RoutedParts _routed = new();
    private ReplicaSnapshot _snapshot = new() { State = ReplicaState.Stopped };
    private double _heardSeconds;
    private double _dueSeconds;
    private double _nextProbeSeconds;
    private long _number;
    private long _probedNumber;
    private bool _isProbed;
    private bool _isTold;
    private bool _lacksDevice;

    public ActualReplica Actual { get; private set; } = actual;

    public string Key => Actual.Key;

    public ReplicaPhase Phase => Actual.Phase;

    /// <summary>What it said last, or what is known to have become of it since.</summary>
    public ReplicaState State => _snapshot.State;

    /// <summary>Whether it has served since this plan's process began.</summary>
    public bool HasServed { get; private set; }

    /// <summary>Whether it is known from before a restart only.</summary>
    public bool IsUnheard { get; private set; }

    public bool IsServing => Phase == ReplicaPhase.Running && _snapshot.IsServing;

    /// <summary>Whether it may hold its devices. One that could not be told to stop is not waited for: its silo is likely gone, or hung.</summary>
    public bool HoldsDevices => Phase != ReplicaPhase.Gone && !(Phase == ReplicaPhase.Stopping && Actual.Failures > 0);

    public bool IsDue(double nowSeconds) => Phase == ReplicaPhase.Waiting && nowSeconds >= _dueSeconds && !(_lacksDevice && Actual.Failures > 0);

    public bool SharesDevice(ManagedReplica other) =>
        Actual.Plan.Stages.Any(stage => other.Actual.Plan.Stages.Any(others => others.DeviceId == stage.DeviceId));

    public RouteCandidate ToCandidate(double nowSeconds) => new()
    {
        Key = Key,
        Plan = Actual.Plan,
        Availability = IsServing
            ? HealthPolicy.Availability(_snapshot, HealthPolicy.Judge(nowSeconds - _heardSeconds, times))
            : ReplicaAvailability.Unavailable,
        Snapshot = _snapshot,
        Routed = _routed.ToArray(),
    };

    /// <summary>Another plan has it too, with other predictions perhaps. One that waits is tried anew: what failed, failed under the old plan.</summary>
    public void Adopt(ReplicaPlan plan, Core.Fleets.FleetSpec fleet)
    {
        Actual = Actual with { Plan = plan with { Id = Actual.Plan.Id }, Fleet = fleet, IsRetiring = false };
        if (Phase == ReplicaPhase.Waiting)
            AwaitStart();
    }

    /// <summary>After a restart of the plan's process: what it was told last may have been done or not, so it is asked.</summary>
    public void Resume(double nowSeconds)
    {
        (_heardSeconds, _dueSeconds) = (nowSeconds, nowSeconds);
        if (Phase is ReplicaPhase.Draining or ReplicaPhase.Stopping)
            Stop(nowSeconds);
        else if (Phase != ReplicaPhase.Waiting)
        {
            IsUnheard = true;
            Set(ReplicaPhase.Running);
            Probe(nowSeconds);
        }
    }

    public void BeginStart(long start)
    {
        (_number, _isProbed) = (0, false);
        _snapshot = new ReplicaSnapshot { State = ReplicaState.Loading };
        _routed.Clear();
        Actual = Actual with { Start = start };
        Set(ReplicaPhase.Starting);
        effects.Add(new PlanEffect.StartReplica(Actual));
    }

    public void Started(long start, double nowSeconds)
    {
        if (Phase != ReplicaPhase.Starting || start != Actual.Start)
            return;
        if (_snapshot.State is ReplicaState.OutOfService or ReplicaState.Stopped)
            Fail(_snapshot.LastFailure, nowSeconds); // it says so of a time after its start
        else
            Run(_snapshot with { State = ReplicaState.Serving }, nowSeconds);
    }

    public void StartFailed(long start, string reason, double nowSeconds)
    {
        if (Phase == ReplicaPhase.Starting && start == Actual.Start)
            Fail(reason, nowSeconds);
    }

    /// <returns>Whether the report is news.</returns>
    public bool Report(long start, long number, ReplicaSnapshot snapshot, double nowSeconds)
    {
        if (start != Actual.Start || number <= _number)
            return false;
        _number = number;
        Hear(snapshot, nowSeconds);
        return true;
    }

    /// <returns>Whether the answer is news: reports that came meanwhile know better.</returns>
    public bool Probed(long start, ReplicaSnapshot snapshot, double nowSeconds)
    {
        if (start != Actual.Start || !_isProbed)
            return false;
        _isProbed = false;
        if (_number != _probedNumber)
            return false;
        Hear(snapshot, nowSeconds);
        return true;
    }

    public void ProbeFailed(long start, bool isGone, string reason, double nowSeconds)
    {
        if (start != Actual.Start || !_isProbed)
            return;
        _isProbed = false;
        if (isGone && Phase == ReplicaPhase.Running && _number == _probedNumber)
            Fail(reason, nowSeconds);
    }

    /// <summary>It has to go.</summary>
    /// <param name="mayDrain">Whether it may finish what it has.</param>
    /// <param name="nowSeconds">The time.</param>
    public void Leave(bool mayDrain, double nowSeconds)
    {
        if (!mayDrain || !IsServing)
        {
            Stop(nowSeconds);
            return;
        }

        _dueSeconds = nowSeconds + times.DrainSeconds;
        Set(ReplicaPhase.Draining);
        effects.Add(new PlanEffect.DrainReplica(Key));
    }

    public void Drained(double nowSeconds)
    {
        if (Phase == ReplicaPhase.Draining)
            Stop(nowSeconds);
    }

    /// <summary>The plan has no place for it any more. It goes on serving if it does; a later step takes it away.</summary>
    public void Retire(double nowSeconds)
    {
        Actual = Actual with { IsRetiring = true };
        if (!IsServing)
            Stop(nowSeconds);
    }

    public void Stop(double nowSeconds)
    {
        (_snapshot, IsUnheard) = (new ReplicaSnapshot { State = ReplicaState.Stopped }, false);
        _dueSeconds = nowSeconds;
        Actual = Actual with { IsRetiring = true, Failures = 0 };
        Set(Actual.Start == 0 ? ReplicaPhase.Gone : ReplicaPhase.Stopping);
        if (Phase == ReplicaPhase.Stopping)
            TellToStop();
    }

    public void Stopped()
    {
        if (Phase == ReplicaPhase.Stopping)
            Set(ReplicaPhase.Gone);
    }

    public void StopFailed(bool isGone, double nowSeconds)
    {
        if (Phase != ReplicaPhase.Stopping)
            return;
        if (isGone)
        {
            Set(ReplicaPhase.Gone);
            return;
        }

        _isTold = false;
        Actual = Actual with { Failures = Actual.Failures + 1 };
        _dueSeconds = nowSeconds + times.PauseSeconds(Actual.Failures);
    }

    /// <summary>A replica with a device whose silo is gone is lost, whatever it said last; it is not started anew before the silo is back.</summary>
    /// <param name="hosted">The devices that have a silo; null: that is not known.</param>
    /// <param name="nowSeconds">The time.</param>
    public void Look(IReadOnlySet<string>? hosted, double nowSeconds)
    {
        var gone = hosted is null ? null : Actual.Plan.Stages.FirstOrDefault(stage => !hosted.Contains(stage.DeviceId));
        _lacksDevice = gone is not null;
        if (gone is null)
            return;
        if (Phase == ReplicaPhase.Draining)
            Stop(nowSeconds);
        if (Phase != ReplicaPhase.Running)
            return;
        var isRetiring = Actual.IsRetiring;
        Fail($"the silo of its device {gone.DeviceId} is gone", nowSeconds);
        // It may not have noticed, and its requests wait for what does not come.
        if (!isRetiring)
            effects.Add(new PlanEffect.StopReplica(Key));
    }

    public void Tick(double nowSeconds)
    {
        if (Phase == ReplicaPhase.Draining && nowSeconds >= _dueSeconds)
            Stop(nowSeconds);
        else if (Phase == ReplicaPhase.Stopping && !_isTold && nowSeconds >= _dueSeconds)
            TellToStop();
        else if (Phase == ReplicaPhase.Running && HealthPolicy.Judge(nowSeconds - _heardSeconds, times) is var health and not ReplicaHealth.Heard)
            OnSilence(health, nowSeconds);
    }

    /// <summary>The plan itself was away, and deaf: the replica gets the time of some reports before its silence counts as a loss.</summary>
    public void Excuse(double nowSeconds) =>
        _heardSeconds = Math.Max(_heardSeconds, nowSeconds - times.SilenceSeconds + times.UnknownSeconds);

    /// <param name="part">What is sent to it.</param>
    /// <param name="inSeconds">After which it is there.</param>
    /// <param name="nowSeconds">The time.</param>
    public void Route(RoutedPart part, double inSeconds, double nowSeconds) => _routed.Add(part, nowSeconds + inSeconds + times.RoutedSeconds);

    private void OnSilence(ReplicaHealth health, double nowSeconds)
    {
        if (health == ReplicaHealth.Lost)
            Fail($"it has not been heard of for {times.SilenceSeconds:0.#} s (ReplicaSilenceSeconds)", nowSeconds);
        else if (!_isProbed && nowSeconds >= _nextProbeSeconds)
            Probe(nowSeconds);
    }

    private void Probe(double nowSeconds)
    {
        (_isProbed, _probedNumber) = (true, _number);
        _nextProbeSeconds = nowSeconds + times.UnknownSeconds;
        effects.Add(new PlanEffect.ProbeReplica(Key, Actual.Start));
    }

    private void Hear(ReplicaSnapshot snapshot, double nowSeconds)
    {
        var wasUnheard = IsUnheard;
        (_heardSeconds, _snapshot, IsUnheard) = (nowSeconds, snapshot, false);
        _routed.Prune(nowSeconds);
        var isDown = snapshot.State is ReplicaState.OutOfService or ReplicaState.Stopped;
        if (isDown && Phase == ReplicaPhase.Running && wasUnheard && !Actual.IsRetiring)
            AwaitStart(); // it ended with the process before; that is no failure of its
        else if (isDown && Phase == ReplicaPhase.Running)
            Fail(snapshot.LastFailure, nowSeconds);
        else if (isDown && Phase == ReplicaPhase.Draining)
            Stop(nowSeconds);
        else if (snapshot.IsServing && !_lacksDevice && Phase is ReplicaPhase.Starting or ReplicaPhase.Waiting)
            Run(snapshot, nowSeconds);
        HasServed |= IsServing;
    }

    private void Run(ReplicaSnapshot snapshot, double nowSeconds)
    {
        (_heardSeconds, _snapshot, HasServed) = (nowSeconds, snapshot, true);
        Actual = Actual with { Failures = 0, LastFailure = "" };
        Set(ReplicaPhase.Running);
    }

    private void Fail(string reason, double nowSeconds)
    {
        (_snapshot, IsUnheard) = (_snapshot with { State = ReplicaState.OutOfService }, false);
        Actual = Actual with { Failures = Actual.Failures + 1, LastFailure = reason };
        _dueSeconds = nowSeconds + times.PauseSeconds(Actual.Failures);
        if (Actual.IsRetiring)
            Stop(nowSeconds);
        else
            Set(ReplicaPhase.Waiting);
    }

    /// <summary>To be started as soon as its devices are free, as if it never had been.</summary>
    private void AwaitStart()
    {
        Actual = Actual with { Failures = 0, LastFailure = "" };
        _dueSeconds = double.NegativeInfinity;
        Set(ReplicaPhase.Waiting);
    }

    private void TellToStop()
    {
        _isTold = true;
        effects.Add(new PlanEffect.StopReplica(Key));
    }

    private void Set(ReplicaPhase phase) => Actual = Actual with { Phase = phase };
}
