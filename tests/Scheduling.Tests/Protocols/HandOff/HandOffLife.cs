using System.Text;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

/// <summary>
/// One random life of a hand-off between two partners over a network that loses, doubles, delays and reorders. A lost call is one that
/// its caller hears to have failed, before or after it is carried out, or although it never is. The same seed gives the same life.
/// </summary>
internal sealed class HandOffLife
{
    private const int MaxTurns = 20_000;

    private readonly Random _random;
    private readonly GenerationRequest _request;
    private readonly HandOffMachine _machine;
    private readonly PrefillPartner _prefill;
    private readonly DecoderPartner _decoder;
    private readonly AnswerModel _answer;
    private readonly LossyNetwork _network;
    private readonly double _lossChance;
    private readonly double _doubleChance;
    private readonly double _cancelChance;
    private readonly List<HandOffEvent> _heard = [];
    private readonly HashSet<long> _sendings = [];
    private readonly StringBuilder _trace = new();
    private bool _isDecoderStarted;
    private bool _isCancelled;
    private bool _hasLetGo;

    public HandOffLife(int seed)
    {
        _random = new Random(seed);
        var failChance = _random.Next(3) switch { 0 => 0, 1 => 0.01, _ => 0.08 };
        _lossChance = _random.Next(3) switch { 0 => 0, 1 => 0.05, _ => 0.3 };
        _doubleChance = _random.Next(2) * 0.2;
        _cancelChance = _random.Next(3) == 0 ? 0.01 : 0;
        _network = new LossyNetwork(_random, _lossChance, _doubleChance);
        var slotLossChance = _random.Next(3) == 0 ? 0.1 : 0;
        IsPeaceful = failChance + slotLossChance + _lossChance + _cancelChance == 0;
        _request = Request();
        _machine = new HandOffMachine(_request);
        _prefill = new PrefillPartner(_request, _random, failChance);
        _decoder = new DecoderPartner(_request, _random, failChance, slotLossChance);
        _answer = new AnswerModel(_request with { Answer = [] }, int.MaxValue);
        if (_request.Answer.Length > 0)
            _answer.Receive(new TokenChunk { FirstIndex = 0, Tokens = _request.Answer });
    }

    /// <summary>Whether nothing is lost, fails or is cancelled in this life.</summary>
    public bool IsPeaceful { get; }

    public string Trace => _trace.ToString();

    public Dictionary<string, long> Seen { get; } = [];

    public void Run()
    {
        for (var turn = 0; _machine.State != HandOffState.Ended || !_network.IsEmpty; turn++)
        {
            Require(turn < MaxTurns, "the hand-off does not end");
            Turn();
        }

        Require(_prefill.HasEnded, "the prefill side is still there");
        Require(_decoder.HasEnded || !_isDecoderStarted, "the decoder is still there");
        Require(_sendings.Count == 0, "a sending goes on");
        Require(_answer.Finish != FinishReason.Cancelled || _isCancelled, "cancelled by nobody");
        Require(_answer.IsComplete || !IsPeaceful, "failed although nothing went wrong");
        Count($"ended with {_answer.Finish}");
        Seen["lost calls"] = _network.LostCalls;
        Count("handed on", _decoder.HasTakenIn);
        Count("read anew", _decoder.WasToldToRead);
        Count("handed on and complete", _decoder.HasTakenIn && _answer.IsComplete);
        Count("complete although the prefill side failed", _prefill.HasFailed && _answer.IsComplete);
    }

    private GenerationRequest Request()
    {
        var request = RandomSettings.Request(_random, 0, sharesPrefix: false);
        var whole = ReferenceModel.Generate(request, int.MaxValue).Tokens;
        // Some go on that others have begun.
        var begun = _random.Next(3) == 0 ? _random.Next(Math.Min(whole.Length + 1, request.MaxTokens)) : 0;
        return request with { Answer = whole[..begun] };
    }

    private void Turn()
    {
        switch (_random.Next(8))
        {
            case 0 or 1:
                _prefill.Act();
                break;
            case 2 or 3:
                if (_isDecoderStarted)
                    _decoder.Act();
                break;
            case 4:
                HearNext(_prefill.Said);
                break;
            case 5:
                HearNext(_decoder.Said);
                break;
            case 6:
                _network.Deliver();
                break;
            case 7:
                if (_heard.Count > 0 && _random.NextDouble() < _doubleChance)
                    Hear(_heard[_random.Next(_heard.Count)]);
                if (_random.NextDouble() < _cancelChance)
                {
                    _isCancelled = true;
                    Hear(new HandOffEvent.Cancelled());
                }
                break;
        }
    }

    private void HearNext(Queue<HandOffEvent> said)
    {
        if (!said.TryDequeue(out var happened))
            return;
        _heard.Add(happened);
        Hear(happened);
    }

    private void Hear(HandOffEvent happened)
    {
        var before = _machine.State;
        var effects = _machine.On(happened);
        _trace.Append($"{before} {happened} -> {_machine.State}\n");
        Require(before != HandOffState.Ended || effects.All(effect => effect is HandOffEffect.DropPrefill), "something happens after the end");
        foreach (var effect in effects)
            CarryOut(effect);
    }

    private void CarryOut(HandOffEffect effect)
    {
        _trace.Append($"    {effect}\n");
        switch (effect)
        {
            case HandOffEffect.Deliver deliver:
                Require(deliver.FirstIndex == _request.Answer.Length || _hasLetGo || _prefill.HasEnded, "the cache is kept although the decoder writes");
                _answer.Receive(new TokenChunk { FirstIndex = deliver.FirstIndex, Tokens = deliver.Tokens });
                break;
            case HandOffEffect.End end:
                Require(end.Finish != FinishReason.Failed || end is { Failure: not null, By: not null }, "failed without a reason");
                _answer.Receive(new TokenChunk { FirstIndex = _answer.Tokens.Count, Finish = end.Finish, Failure = end.Failure });
                break;
            case HandOffEffect.StartDecoder:
                Require(!_isDecoderStarted, "the decoder is started twice");
                _isDecoderStarted = true;
                break;
            case HandOffEffect.Send send:
                Require(!_hasLetGo, "a cache is wanted that was given up");
                _sendings.Add(send.Step);
                _network.Post(() => Send(send.Step));
                break;
            case HandOffEffect.StopSending stop:
                _network.Post(() => _sendings.Remove(stop.Step));
                break;
            case HandOffEffect.TellArrived told:
                Call(
                    () => _decoder.Arrived(told.Step, told.FirstToken),
                    new HandOffEvent.CacheTaken(told.Step),
                    new HandOffEvent.CacheRefused(told.Step, TestRequests.Failure));
                break;
            case HandOffEffect.TellLost lost:
                Tell(lost);
                break;
            case HandOffEffect.ReleasePrefill:
                Require(_decoder.HasTakenIn, "the cache is freed before the decoder has it");
                Require(!_hasLetGo, "the cache is freed twice");
                _hasLetGo = true;
                Call(_prefill.Release, null, new HandOffEvent.ReleaseUnheard());
                break;
            case HandOffEffect.DropPrefill:
                Require(_machine.State is HandOffState.Abandoned or HandOffState.ReadingAnew or HandOffState.HandedOn or HandOffState.Ended, "the cache is freed while it is needed");
                // A prompt whose first token ends the answer leaves no cache, and the word of a sending that found none may be here first.
                Require(
                    !IsPeaceful || _decoder.HasTakenIn || _prefill.HasEnded || _machine.State == HandOffState.Ended,
                    "the cache is freed for nothing");
                _hasLetGo = true;
                // The end of a part is repeated until it is heard.
                _network.Post(_prefill.Drop);
                break;
            case HandOffEffect.DropDecoder:
                Require(_machine.State == HandOffState.Ended, "the decoder is ended before the answer");
                _network.Post(_decoder.Drop);
                break;
        }
    }

    private void Tell(HandOffEffect.TellLost lost)
    {
        var answer = _answer.Tokens.Skip(_request.Answer.Length).ToArray();
        Call(
            () =>
            {
                _decoder.Lost(lost.Step, lost.ReadHere, [.. answer]);
                return true;
            },
            null,
            new HandOffEvent.LossUnheard(lost.Step, TestRequests.Failure));
    }

    /// <summary>A sending goes on until the whole prompt is read, and its end may be mistaken.</summary>
    private void Send(long step)
    {
        if (!_sendings.Contains(step))
        {
            Outcome(new HandOffEvent.CacheNotSent(step, TestRequests.Failure));
            return;
        }
        if (!_prefill.IsHeld && !_prefill.HasEnded)
        {
            _network.Post(() => Send(step));
            return;
        }
        _sendings.Remove(step);
        if (_prefill.HasEnded || _random.NextDouble() < _lossChance)
        {
            Outcome(new HandOffEvent.CacheNotSent(step, TestRequests.Failure));
            return;
        }
        // What comes for a slot that is no more is thrown away, and the sender need not know.
        _decoder.HasReceived |= _decoder.Slot == step;
        Outcome(new HandOffEvent.CacheSent(step));
    }

    private void Call(Func<bool> execute, HandOffEvent? succeeded, HandOffEvent failed) => _network.Call(execute, hasSucceeded =>
    {
        if ((hasSucceeded ? succeeded : failed) is not { } outcome)
            return;
        _heard.Add(outcome);
        Hear(outcome);
    });

    private void Outcome(HandOffEvent outcome) => _network.Post(() =>
    {
        _heard.Add(outcome);
        Hear(outcome);
    });

    private void Count(string what, bool happened = true) => Seen[what] = Seen.GetValueOrDefault(what) + (happened ? 1 : 0);

    private static void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException(violation);
    }
}
