using System.Text;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

/// <summary>
/// What a plan's machine commands: replicas on devices that hold one replica each, and a network that delays, loses and doubles what
/// it carries. The machine is told of calls that were lost, late, and of reports in any order.
/// </summary>
internal sealed class PlanWorld(Random random, StringBuilder trace)
{
    private readonly List<(double AtSeconds, Action<PlanMachine> Do)> _events = [];
    private readonly List<(double AtSeconds, Action Do)> _calls = [];
    private readonly Dictionary<string, Real> _replicas = [];
    private readonly List<string> _startsUnderWay = [];

    /// <summary>Replicas that may run though they were to be stopped: they could not be told, or their start came after their stop.</summary>
    private readonly HashSet<string> _strays = [];

    /// <summary>A replica as it is, whatever the plan believes.</summary>
    internal sealed class Real
    {
        public required string Key { get; init; }

        public required string Devices { get; init; }

        public long Start { get; set; }

        public long Number { get; set; }

        public ReplicaState State { get; set; } = ReplicaState.Stopped;

        public double HushedUntilSeconds { get; set; }

        public bool HoldsDevices => State != ReplicaState.Stopped;
    }

    public double NowSeconds { get; private set; }

    /// <summary>While true, nothing is lost and nothing breaks.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Devices whose engines do not load.</summary>
    public HashSet<char> Broken { get; } = [];

    /// <summary>Devices whose silo is down.</summary>
    public HashSet<char> Down { get; } = [];

    public Dictionary<string, long> Seen { get; } = [];

    public int Starts { get; private set; }

    public IEnumerable<Real> Replicas => _replicas.Values;

    public Real? Find(string key) => _replicas.GetValueOrDefault(key);

    public void CarryOut(PlanEffect effect)
    {
        trace.AppendLine($"{NowSeconds:0.00} {effect switch
        {
            PlanEffect.StartReplica { Replica: var replica } => $"start {replica.Start} of {replica.Key}, {replica.Failures} {replica.LastFailure}",
            PlanEffect.DrainReplica { Key: var key } => $"drain {key}",
            PlanEffect.StopReplica { Key: var key } => $"stop {key}",
            PlanEffect.ProbeReplica { Key: var key } => $"probe {key}",
            PlanEffect.SweepDevices { Named: var named } => $"sweep all but {string.Join(' ', named.Select(replica => replica.Key))}",
            _ => "changed",
        }}");
        switch (effect)
        {
            case PlanEffect.StartReplica { Replica: var replica }:
                Starts++;
                Count("starts");
                _startsUnderWay.Add(replica.Key);
                Call(() => Start(replica), gone => StartLost(replica, gone), replica.Key[0]);
                break;
            case PlanEffect.DrainReplica { Key: var key }:
                Count("drains");
                Call(() => Drain(key), _ => Tell(machine => machine.Drained(key, NowSeconds)), key[0]);
                break;
            case PlanEffect.StopReplica { Key: var key }:
                Call(() => Stop(key), gone => StopLost(key, gone), key[0]);
                break;
            case PlanEffect.ProbeReplica { Key: var key, Start: var start }:
                Count("probes");
                Call(() => Answer(key, start), gone => Tell(machine => machine.ProbeFailed(key, start, gone, "silent", NowSeconds)), key[0]);
                break;
            case PlanEffect.SweepDevices:
                Count("sweeps");
                break;
        }
    }

    /// <summary>Time passes, and with it some of what is under way arrives.</summary>
    public void Pass(double seconds, PlanMachine machine)
    {
        NowSeconds += seconds;
        Report();
        foreach (var call in Due(_calls, call => call.AtSeconds))
            call.Do();
        foreach (var arrived in Due(_events, arrived => arrived.AtSeconds))
        {
            arrived.Do(machine);
            if (random.Next(8) == 0)
                arrived.Do(machine); // what comes twice changes nothing
        }
    }

    /// <summary>The plan's process is gone: its calls are carried out, but nobody hears how they went.</summary>
    public void ForgetAnswers()
    {
        while (_calls.Count > 0)
        {
            var (_, call) = _calls[0];
            _calls.RemoveAt(0);
            call();
        }

        _events.Clear();
    }

    public void TakeDown(char device)
    {
        if (!Down.Add(device))
            return;
        foreach (var replica in _replicas.Values.Where(replica => replica.Devices.Contains(device) && replica.HoldsDevices))
            replica.State = replica.Devices[0] == device ? ReplicaState.Stopped : ReplicaState.OutOfService;
    }

    private void Start(ActualReplica replica)
    {
        _startsUnderWay.Remove(replica.Key);
        var devices = DevicesOf(replica);
        if (!_replicas.TryGetValue(replica.Key, out var real))
            _replicas.Add(replica.Key, real = new Real { Key = replica.Key, Devices = devices });
        Require(real.State != ReplicaState.Loading || real.Start == replica.Start, $"{replica.Key} is started twice at once");
        var inTheWay = _replicas.Values.Where(other => other != real && other.HoldsDevices && other.Devices.Intersect(devices).Any()).ToArray();
        Require(_strays.Contains(replica.Key) || inTheWay.All(other => _strays.Contains(other.Key)), $"{replica.Key} is started where another holds its devices");
        (real.Start, real.Number, real.State) = (replica.Start, 0, ReplicaState.Loading);
        After(random.NextDouble() * 4, () =>
        {
            if (real.Start != replica.Start || real.State != ReplicaState.Loading)
            {
                Tell(machine => machine.StartFailed(replica.Key, replica.Start, "stopped meanwhile", NowSeconds));
                return;
            }

            var loads = inTheWay.Length == 0 && !devices.Any(device => Broken.Contains(device) || Down.Contains(device));
            real.State = loads ? ReplicaState.Serving : ReplicaState.Stopped;
            Count(loads ? "replicas loaded" : "replicas not loaded");
            if (!loads)
                Tell(machine => machine.StartFailed(replica.Key, replica.Start, "it does not load", NowSeconds));
            else if (IsQuiet || random.Next(10) > 0)
                Tell(machine => machine.Started(replica.Key, replica.Start, NowSeconds));
            else
                Tell(machine => machine.StartFailed(replica.Key, replica.Start, "its answer was lost", NowSeconds));
        });
    }

    private void StartLost(ActualReplica replica, bool isGone)
    {
        _startsUnderWay.Remove(replica.Key);
        Tell(machine => machine.StartFailed(replica.Key, replica.Start, isGone ? "gone" : "lost", NowSeconds));
    }

    private void Drain(string key)
    {
        if (Find(key) is { State: ReplicaState.Serving } real)
            real.State = ReplicaState.Draining;
        After(random.NextDouble() * 50, () => Tell(machine => machine.Drained(key, NowSeconds)));
    }

    private void Stop(string key)
    {
        Count("stops");
        if (_startsUnderWay.Contains(key))
            _strays.Add(key);
        else
            _strays.Remove(key);
        if (Find(key) is { } real)
            real.State = ReplicaState.Stopped;
        Tell(machine => machine.Stopped(key, NowSeconds));
    }

    private void StopLost(string key, bool isGone)
    {
        if (!isGone || _startsUnderWay.Contains(key))
            _strays.Add(key);
        Tell(machine => machine.StopFailed(key, isGone, NowSeconds));
    }

    private void Answer(string key, long start)
    {
        var real = Find(key);
        if (real is not null && NowSeconds < real.HushedUntilSeconds)
        {
            Tell(machine => machine.ProbeFailed(key, start, false, "no answer in time", NowSeconds), 5);
            return;
        }

        var state = real?.State ?? ReplicaState.Stopped;
        Tell(machine => machine.Probed(key, start, new ReplicaSnapshot { State = state }, NowSeconds));
    }

    private void Report()
    {
        foreach (var replica in _replicas.Values)
        {
            if (!IsQuiet && replica.State == ReplicaState.Serving && random.Next(60) == 0)
            {
                replica.State = ReplicaState.OutOfService;
                Count("replicas broken");
            }

            if (!IsQuiet && random.Next(80) == 0)
                replica.HushedUntilSeconds = NowSeconds + random.Next(90);
            if (replica.State == ReplicaState.Stopped || NowSeconds < replica.HushedUntilSeconds)
                continue;
            var (start, number, state) = (replica.Start, ++replica.Number, replica.State);
            var isLost = !IsQuiet && random.Next(5) == 0;
            for (var copies = isLost ? 0 : random.Next(6) == 0 ? 2 : 1; copies > 0; copies--)
                Tell(machine => machine.Report(replica.Key, start, number, new ReplicaSnapshot { State = state }, NowSeconds), 3);
        }
    }

    private void Call(Action arrive, Action<bool> fail, char device) => _calls.Add((NowSeconds + random.NextDouble() * 2, () =>
    {
        if (Down.Contains(device))
            fail(true);
        else if (!IsQuiet && random.Next(12) == 0)
            fail(false);
        else
            arrive();
    }));

    private void After(double seconds, Action then) => _calls.Add((NowSeconds + seconds, then));

    private void Tell(Action<PlanMachine> tell, double withinSeconds = 1) => _events.Add((NowSeconds + random.NextDouble() * withinSeconds, tell));

    /// <summary>In any order.</summary>
    private T[] Due<T>(List<T> waiting, Func<T, double> atSeconds)
    {
        T[] due = [.. waiting.Where(item => atSeconds(item) <= NowSeconds)];
        waiting.RemoveAll(item => atSeconds(item) <= NowSeconds);
        random.Shuffle(due);
        return due;
    }

    private static string DevicesOf(ActualReplica replica) => string.Concat(replica.Plan.Stages.Select(stage => stage.DeviceId));

    public void Count(string what) => Seen[what] = Seen.GetValueOrDefault(what) + 1;

    public static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
