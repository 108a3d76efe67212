using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Parts;
using E2LLM.Scheduling.Protocols.Replicas;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

/// <summary>
/// One random life of a replica with its stages and readers, over a network that loses, doubles, delays and reorders every message
/// between them; steps fail, and so does what is said of steps that are done. The same seed gives the same life.
/// </summary>
internal sealed class ReplicaLife
{
    private const int MaxTurns = 60_000;

    private readonly Random _random;
    private readonly LossyNetwork _network;
    private readonly ReplicaMachine _machine = new();
    private readonly ReplicaSetup _setup;
    private readonly LifeReader[] _readers;
    private readonly int _partCount;
    private readonly bool _sharesPrefixes;
    private readonly double _cancelChance;
    private readonly double _failChance;
    private readonly double _stopChance;
    private readonly List<StepPlan> _done = [];
    private LifeStage[] _stages = [];
    private double _nowSeconds;
    private long _starts;
    private bool _isCarrying;

    public ReplicaLife(int seed)
    {
        _random = new Random(seed);
        var loss = _random.Next(3) switch { 0 => 0, 1 => 0.02, _ => 0.15 };
        _network = new LossyNetwork(_random, loss, _random.Next(2) * 0.2);
        _failChance = _random.Next(3) switch { 0 => 0, 1 => 0.01, _ => 0.1 };
        _cancelChance = _random.Next(3) == 0 ? 0.01 : 0;
        _stopChance = _random.Next(5) == 0 ? 0.001 : 0;
        _partCount = _random.Next(1, 15);
        _sharesPrefixes = _random.Next(2) == 0;
        IsPeaceful = loss == 0 && _failChance == 0 && _cancelChance == 0 && _stopChance == 0;
        var engine = RandomSettings.Engine(_random);
        _setup = TestReplicas.Setup(engine, RandomSettings.Options(_random), stages: _random.Next(1, 4));
        _readers = [.. Enumerable.Range(0, 2).Select(index => new LifeReader(
            $"reader{index}", _machine, _network, engine.MaxSequenceTokens, () => _nowSeconds, Carry))];
    }

    public bool IsPeaceful { get; }

    public long LostCalls => _network.LostCalls;

    public long FailedSteps => _machine.FailedSteps;

    public long Restarts => _starts - 1;

    public int Cancels { get; private set; }

    public int VoidWords { get; private set; }

    public int Completed => _readers.Sum(reader => reader.Completed);

    public void Run()
    {
        Start();
        var arrived = 0;
        for (var turn = 0; arrived < _partCount || _readers.Any(reader => reader.IsWaiting) || !_network.IsEmpty; turn++)
        {
            Require(turn < MaxTurns, $"the life does not end: {_machine.State}, epoch {_machine.Epoch}, {_machine.Counters}");
            _nowSeconds += 0.01;
            if (arrived < _partCount && _random.Next(8) == 0)
                _readers[_random.Next(_readers.Length)].Submit(RandomSettings.Request(_random, arrived++, _sharesPrefixes));
            if (_random.NextDouble() < _cancelChance && _readers[_random.Next(_readers.Length)].Cancel(_random))
                Cancels++;
            if (_random.NextDouble() < _stopChance)
                Do(() => _machine.Stop(_nowSeconds));
            if (_machine.State is ReplicaState.Stopped or ReplicaState.OutOfService && _random.Next(20) == 0)
                Start();
            Turn();
        }
        CheckNothingIsLeft();
    }

    private void Turn()
    {
        switch (_random.Next(6))
        {
            case 0 or 1 or 2:
                _network.Deliver();
                break;
            case 3 or 4:
                _stages[_random.Next(_stages.Length)].Act();
                break;
            case 5 when _random.Next(10) == 0:
                Tick();
                break;
            case 5 when _done.Count > 0 && _random.Next(5) == 0:
                FailOneThatIsDone();
                break;
        }
    }

    private void Start() => Do(() => _machine.Start(_setup with { Start = ++_starts }, _nowSeconds));

    private void Tick()
    {
        Do(() => _machine.Tick(_nowSeconds));
        foreach (var reader in _readers)
            reader.Want();
        var (epoch, asked) = (_machine.Epoch, _nowSeconds);
        var stages = _stages.Select(stage => stage.Progress).ToArray();
        _network.Post(() => Do(() => _machine.Progress(epoch, [.. stages], asked, _nowSeconds)));
    }

    /// <summary>A reply that is lost after its message was taken: whoever waited for it reports a step as failed that is done.</summary>
    private void FailOneThatIsDone()
    {
        var (state, epoch, failed) = (_machine.State, _machine.Epoch, _machine.FailedSteps);
        Do(() => _machine.Fail(TestReplicas.Failure(epoch, _done[_random.Next(_done.Count)].StepNumber), _nowSeconds));
        Require((state, epoch, failed) == (_machine.State, _machine.Epoch, _machine.FailedSteps), "a step that is done failed");
        VoidWords++;
    }

    private void Do(Action word)
    {
        word();
        Carry();
    }

    private void Carry()
    {
        if (_isCarrying)
            return;
        _isCarrying = true;
        while (_machine.TakeEffects() is { IsEmpty: false } effects)
            foreach (var effect in effects)
                CarryOut(effect);
        _isCarrying = false;
        foreach (var (reader, sendings) in _machine.Parts.TakeDue())
            _network.Call(
                () =>
                {
                    foreach (var sending in sendings)
                        _readers.Single(known => $"reader{Array.IndexOf(_readers, known)}" == reader).Deliver(sending);
                    return true;
                },
                arrived =>
                {
                    if (arrived)
                        _machine.Parts.Confirm(sendings);
                    else
                        PartTable.Failed(sendings);
                });
    }

    private void CarryOut(ReplicaEffect effect)
    {
        switch (effect)
        {
            case LoadStages load:
                _done.Clear();
                _stages = [.. _setup.Plan.Stages.Select((_, index) => new LifeStage(index, _setup.Plan.Engine, _network, _random, _failChance)
                {
                    Complete = completion => Do(() => Complete(completion)),
                    Fail = failure => Do(() => _machine.Fail(failure, _nowSeconds)),
                })];
                for (var index = 0; index < _stages.Length; index++)
                {
                    _stages[index].Load(load.Epoch);
                    _stages[index].Next = index + 1 < _stages.Length ? _stages[index + 1] : null;
                }
                _network.Post(() => Do(() => _machine.Loaded(load.Epoch)));
                break;
            case SendStep step:
                var first = _stages[0];
                _sent[step.Step.StepNumber] = step.Step;
                _network.Call(() => first.Enqueue(step.Epoch, step.Step), arrived =>
                {
                    if (!arrived)
                        Do(() => _machine.Fail(TestReplicas.Failure(step.Epoch, step.Step.StepNumber), _nowSeconds));
                });
                break;
            case ResetStages reset:
                Reset(reset, [.. _stages]);
                break;
        }
    }

    private readonly Dictionary<long, StepPlan> _sent = [];

    private void Complete(Core.Engines.StepCompletion completion)
    {
        if (_machine.Complete(completion, _nowSeconds))
            _done.Add(_sent[completion.StepNumber]);
    }

    /// <summary>A stage that is not known to have heard is told again.</summary>
    private void Reset(ResetStages reset, List<LifeStage> waiting)
    {
        foreach (var stage in waiting.ToArray())
            Tell(stage);

        void Tell(LifeStage stage) => _network.Call(() => stage.Reset(reset.Epoch, reset.NextStep), arrived =>
        {
            if (!arrived)
                Tell(stage);
            else if (waiting.Remove(stage) && waiting.Count == 0)
                Do(() => _machine.StagesReset(reset.Epoch, _nowSeconds));
        });
    }

    private void CheckNothingIsLeft()
    {
        for (var turn = 0; _machine.State is ReplicaState.Serving or ReplicaState.Recovering && (_machine.Counters!.RunningRequests > 0 || !_network.IsEmpty || _machine.Counters.StepsInFlight > 0 || _machine.Parts.Readers.Any()); turn++)
        {
            Require(turn < MaxTurns, $"something is left: {_machine.State}, {_machine.Counters}, readers {string.Join(' ', _machine.Parts.Readers)}");
            _nowSeconds += 0.01;
            Turn();
        }
        if (_machine.State is not ReplicaState.Serving)
            return;
        var counters = _machine.Counters!;
        Require(counters is { QueuedRequests: 0, RunningRequests: 0, StepsInFlight: 0, PendingTokens: 0, ReservedKvCells: 0 }, $"something leaked: {counters}");
        Require(_stages.All(stage => stage.Model.OpenSlots == counters.KeptPrefixes), "a slot was left open on a stage");
        Require(_stages.All(stage => stage.Model.HeldCells == counters.KeptKvCells), "a stage holds other cells than those of the kept prefixes");
    }

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
