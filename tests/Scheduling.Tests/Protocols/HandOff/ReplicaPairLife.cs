using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

/// <summary>
/// One random life of a PREFILL and a DECODER replica, their schedulers and stages as in service, whose requests are handed over by the
/// machine: steps fail at any moment, calls are lost and doubled, caches do not arrive, readers leave. The same seed gives the same life.
/// </summary>
internal sealed class ReplicaPairLife
{
    private readonly Random _random;
    private readonly LossyNetwork _network;
    private readonly ReplicaModel _prefill;
    private readonly ReplicaModel _decoder;
    private readonly Dictionary<string, HandOffCarrier> _handOffs = [];
    private readonly StringBuilder _trace = new();
    private readonly int _requestCount;
    private readonly double _kvFailChance;
    private readonly double _cancelChance;
    private double _nowSeconds;

    public ReplicaPairLife(int seed)
    {
        _random = new Random(seed);
        _requestCount = _random.Next(1, 12);
        _kvFailChance = _random.Next(3) switch { 0 => 0, 1 => 0.02, _ => 0.2 };
        _cancelChance = _random.Next(3) switch { 0 => 0, 1 => 0.005, _ => 0.03 };
        _network = new LossyNetwork(_random, lossChance: _random.Next(2) * 0.1, doubleChance: _random.Next(2) * 0.2);
        _prefill = new ReplicaModel("P ", _random, _trace)
        {
            Issued = step => ForEach(step.Admitted.Select(admitted => admitted.RequestId), handOff => handOff.PrefillAdmitted()),
            Updated = update => _handOffs[update.RequestId].PrefillUpdated(update),
            Failed = (_, recovery) =>
            {
                if (recovery == FailureRecovery.Requeue)
                    ForEach(_handOffs.Keys, handOff => handOff.PrefillGivesUp());
            },
        };
        _decoder = new ReplicaModel("D ", _random, _trace)
        {
            Issued = step => Array.ForEach([.. step.KvReservations], slot => _handOffs[slot.RequestId].SlotIssued(slot)),
            Updated = update => _handOffs[update.RequestId].DecoderUpdated(update),
            Failed = (steps, recovery) => ForEach(_handOffs.Keys, handOff => handOff.DecoderLost(steps, recovery == FailureRecovery.Requeue)),
        };
    }

    public string Trace => _trace.ToString();

    public Dictionary<string, long> Seen { get; } = [];

    public void Run()
    {
        var arrived = 0;
        for (var turn = 0; arrived < _requestCount || _handOffs.Values.Any(IsOpen) || !_network.IsEmpty || IsBusy; turn++)
        {
            Require(turn < 40_000, "the life does not end");
            _nowSeconds++;
            if (arrived < _requestCount && _random.Next(4) == 0)
                Arrive(arrived++);
            foreach (var handOff in _handOffs.Values)
                Move(handOff);
            for (var deliveries = _random.Next(4); deliveries > 0; deliveries--)
                _network.Deliver();
            Work(_prefill);
            Work(_decoder);
        }

        _prefill.Drain(_nowSeconds);
        _decoder.Drain(_nowSeconds);
        Require(_handOffs.Values.All(handOff => handOff.Answer.Finish is not null), "a request was lost");
        Count("completed", _handOffs.Values.Count(handOff => handOff.Answer.IsComplete));
        Count("handed on", _handOffs.Values.Count(handOff => handOff.HasTakenIn));
        Count("read anew", _handOffs.Values.Count(handOff => handOff.ReadsAnew));
        Count("cancelled", _handOffs.Values.Count(handOff => handOff.Answer.Finish == FinishReason.Cancelled));
        Count("failed", _handOffs.Values.Count(handOff => handOff.Answer.Finish == FinishReason.Failed));
        Count("failures of the prefill side", _prefill.Failures);
        Count("failures of the decoder", _decoder.Failures);
        Count("lost calls", _network.LostCalls);
    }

    private bool IsBusy => _prefill.IsBusy || _decoder.IsBusy;

    private static bool IsOpen(HandOffCarrier handOff) => handOff.Answer.Finish is null;

    private void Arrive(int index)
    {
        var request = RandomSettings.Request(_random, index, sharesPrefix: index % 2 == 0);
        try
        {
            _prefill.Enqueue(request, RunMode.PrefillOnly, _nowSeconds);
        }
        catch (E2LlmException)
        {
            return;
        }
        _handOffs.Add(request.Id, new HandOffCarrier(request, _prefill, _decoder, _network, _random, _kvFailChance));
    }

    private void Move(HandOffCarrier handOff)
    {
        if (_random.Next(2) == 0)
            handOff.HearNext();
        if (_random.Next(20) == 0)
            handOff.HearAgain();
        if (_random.NextDouble() < _cancelChance)
            handOff.Cancel();
    }

    private void Work(ReplicaModel replica)
    {
        if (_random.Next(3) > 0)
            replica.Issue(_nowSeconds);
        for (var moves = _random.Next(5); moves > 0; moves--)
            replica.Advance();
        replica.MaybeFail(_nowSeconds);
        replica.CheckCounters();
    }

    private void ForEach(IEnumerable<string> ids, Action<HandOffCarrier> act)
    {
        foreach (var id in ids)
            if (_handOffs.TryGetValue(id, out var handOff))
                act(handOff);
    }

    private void Count(string what, long count) => Seen[what] = Seen.GetValueOrDefault(what) + count;

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
