using System.Text;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;
using static E2LLM.Scheduling.Tests.Protocols.Plans.PlanWorld;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

/// <summary>
/// One random life of a plan: fleets that come and go, plans that do not exist, silos that die, replicas that break or fall silent, calls
/// and reports that are lost, late or doubled, restarts of the plan's own process. The same seed gives the same life.
/// </summary>
internal sealed class RandomPlanLife
{
    private const string AllDevices = "abcdefgh";

    private readonly Random _random;
    private readonly StringBuilder _trace = new();
    private readonly HashSet<string> _keys = [];
    private readonly PlanWorld _world;
    private PlanMachine _machine = TestPlans.Machine();
    private PlanRecords _written = new();
    private ServingPlan? _wanted;

    public RandomPlanLife(int seed)
    {
        _random = new Random(seed);
        _world = new PlanWorld(_random, _trace);
    }

    public string Trace => _trace.ToString();

    public Dictionary<string, long> Seen => _world.Seen;

    public void Run()
    {
        var turns = _random.Next(50, 400);
        for (var turn = 0; turn < turns; turn++)
        {
            Disturb();
            Step(0.1 + _random.NextDouble());
        }

        Quieten();
        for (var second = 0; second < 500; second++)
            Step(1);
        CheckEnd();
    }

    private void Disturb()
    {
        switch (_random.Next(60))
        {
            case 0 or 1:
                Apply();
                break;
            case 2:
                ApplyWhatCannotBePlanned();
                break;
            case 3 when _random.Next(3) == 0:
                Note("stop");
                _wanted = null;
                _machine.Stop(_world.NowSeconds);
                break;
            case 4 when _random.Next(2) == 0:
                Restart();
                break;
            case 5 or 6:
                _world.TakeDown(Device());
                break;
            case 7 or 8 or 9:
                _world.Down.Clear();
                break;
            case 10:
                _world.Broken.Add(Device());
                break;
            case 11 or 12:
                _world.Broken.Clear();
                break;
        }
    }

    private void Step(double seconds)
    {
        Obey();
        _world.Pass(seconds, _machine);
        _machine.Tick(_world.NowSeconds);
        Obey();
        CheckRoute();
    }

    private void Obey()
    {
        while (_machine.TakeEffects() is { Count: > 0 } effects)
        {
            _written = _machine.Records;
            foreach (var effect in effects)
                _world.CarryOut(effect);
        }
    }

    private void Apply()
    {
        _wanted = RandomPlan();
        Note($"apply {string.Join(' ', _wanted.Replicas.Select(replica => $"{replica.Role}:{TestPlans.KeyOf(replica, 0)}"))}");
        var before = _machine.Members.Select(member => member.Key).ToArray();
        Require(_machine.Apply(TestPlans.Fleet(AllDevices), _wanted, _world.NowSeconds), "the attempt was void");
        _world.Count("plans applied");
        if (before.Intersect(_machine.Members.Select(member => member.Key)).Any())
            _world.Count("plans that kept a replica");
        foreach (var member in _machine.Members.Where(member => !before.Contains(member.Key) && member.Start == 0))
            Require(_keys.Add(member.Key), $"the key {member.Key} was used before");
    }

    private void ApplyWhatCannotBePlanned()
    {
        Note("a plan that does not exist");
        var attempt = _machine.Begin(PlanActivity.Profiling);
        if (_random.Next(2) == 0)
            Step(_random.NextDouble());
        Obey();
        var (planned, desired, members) = (_machine.Planned, _machine.Desired, _machine.Members.Select(member => member.Key).ToArray());
        _machine.Proceed(attempt, PlanActivity.Planning);
        _machine.Abandon(attempt, "it does not fit", TestPlans.Planned(TestPlans.Fleet("z"), null), _world.NowSeconds);
        Require(desired is null || (ReferenceEquals(planned, _machine.Planned) && ReferenceEquals(desired, _machine.Desired)), "a plan was given up");
        Require(members.SequenceEqual(_machine.Members.Select(member => member.Key)), "replicas were given up");
        _world.Count("plans that did not exist");
    }

    private void Restart()
    {
        Note("restart");
        Obey();
        _world.ForgetAnswers();
        _machine = TestPlans.Machine(_written, _world.NowSeconds);
        _world.Count("restarts");
    }

    /// <summary>Whatever the plan believes to serve gets requests, and nothing else does.</summary>
    private void CheckRoute()
    {
        var key = _machine.RouteKey(_world.NowSeconds);
        Require(key is not null == _machine.IsServing, "what can serve does not, or what cannot does");
        Require(key is null || _machine.Find(key) is { Phase: ReplicaPhase.Running }, $"{key} gets a request and does not run");
        if (key is not null)
            _world.Count(_machine.IsSettled ? "requests" : "requests during a change of plans");
    }

    private void Quieten()
    {
        Note("quiet");
        _world.IsQuiet = true;
        _world.Down.Clear();
        _world.Broken.Clear();
        foreach (var replica in _world.Replicas)
            replica.HushedUntilSeconds = 0;
    }

    private void CheckEnd()
    {
        var starts = _world.Starts;
        for (var second = 0; second < 30; second++)
            Step(1);
        Require(starts == _world.Starts, "replicas are started again and again");
        Require(_machine.IsSettled, "the change of plans does not end");
        Require(!_machine.Retiring.Any(), "a replica of an earlier plan is left");
        var running = _world.Replicas.Where(replica => replica.HoldsDevices).Select(replica => replica.Key).Order().ToArray();
        var members = _machine.Members.Select(member => member.Key).Order().ToArray();
        Require(running.SequenceEqual(members), $"there run {string.Join(", ", running)} and not {string.Join(", ", members)}");
        Require(_machine.Members.Count() == (_wanted?.Replicas.Length ?? 0), "not the replicas of the plan");
        foreach (var member in _machine.Members)
            Require(
                member.Phase == ReplicaPhase.Running && _world.Find(member.Key) is { State: ReplicaState.Serving } real && real.Start == member.Start,
                $"{member.Key} does not serve");
        Require(_machine.IsServing == (_wanted is not null), "nothing serves in the end");
    }

    private ServingPlan RandomPlan()
    {
        var devices = AllDevices.ToCharArray();
        _random.Shuffle(devices);
        List<ReplicaPlan> replicas = [];
        var used = 0;
        // Often a cut that an earlier plan had too: then a replica can stay.
        foreach (var pair in new[] { "ab", "cd", "ef", "gh" }.Where(_ => _random.Next(3) == 0))
        {
            replicas.Add(TestPlans.Replica($"r{replicas.Count}", pair));
            devices = [.. devices.Except(pair)];
        }

        if (_random.Next(3) == 0 && devices.Length >= 2)
        {
            Add(1, ReplicaRole.Prefill);
            Add(_random.Next(1, 3), ReplicaRole.Decoder);
        }

        while (used < devices.Length && (replicas.Count == 0 || _random.Next(4) > 0))
            Add(_random.Next(1, 3), ReplicaRole.Mixed);
        return TestPlans.Plan() with { Replicas = [.. replicas] };

        void Add(int count, ReplicaRole role)
        {
            count = Math.Min(count, devices.Length - used);
            replicas.Add(TestPlans.Replica($"r{replicas.Count}", new string(devices, used, count), role));
            used += count;
        }
    }

    private char Device() => AllDevices[_random.Next(AllDevices.Length)];

    private void Note(string what) => _trace.AppendLine($"{_world.NowSeconds:0.00} --- {what}");
}
