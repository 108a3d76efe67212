using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.Parts;
using E2LLM.Scheduling.Protocols.Replicas;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

/// <summary>A reader of a random life: submits parts until it hears that they are taken, puts their updates in order, and says what it wants.</summary>
internal sealed class LifeReader(string id, ReplicaMachine machine, LossyNetwork network, int maxSequenceTokens, Func<double> now, Action carry)
{
    private readonly Dictionary<long, Part> _parts = [];
    private long _lastTicket;

    private sealed class Part(AnswerModel answer)
    {
        public AnswerModel Answer => answer;

        public PartOrder Order { get; } = new();

        public bool IsTaken { get; set; }

        public bool IsWanted { get; set; } = true;
    }

    public bool IsWaiting => _parts.Values.Any(part => part.IsWanted);

    public int Refused { get; private set; }

    public int Completed => _parts.Values.Count(part => part.Answer.IsComplete);

    public void Submit(GenerationRequest request)
    {
        var ticket = ++_lastTicket;
        _parts.Add(ticket, new Part(new AnswerModel(request, maxSequenceTokens)));
        Submit(ticket, request);
    }

    public void Deliver(PartSending sending)
    {
        var part = _parts[sending.Part.Ticket];
        part.IsTaken = true;
        foreach (var update in part.Order.Take(sending.From, sending.Updates))
            if (part.IsWanted && update.Chunk is { } chunk)
                part.Answer.Receive(chunk with { Timeline = null });
        if (part.Order.HasEnded)
            part.IsWanted = false;
    }

    /// <summary>Loses interest in a part; the word of that may be lost.</summary>
    public bool Cancel(Random random)
    {
        var running = _parts.Where(part => part.Value.IsWanted).ToArray();
        if (running.Length == 0)
            return false;
        var (ticket, part) = running[random.Next(running.Length)];
        part.IsWanted = false;
        network.Call(() => Tell(() => machine.End(id, ticket, now())), _ => { });
        return true;
    }

    public void Want()
    {
        var wanted = _parts.Where(part => part.Value.IsWanted).ToDictionary();
        var seen = wanted.ToDictionary(part => part.Key, part => part.Value.Order.Seen);
        var taken = wanted.Where(part => part.Value.IsTaken).Select(part => part.Key).ToHashSet();
        var nextTicket = _lastTicket + 1;
        IReadOnlyCollection<long> unknown = [];
        network.Call(() => Tell(() => unknown = machine.Want(id, nextTicket, seen, now())), answered =>
        {
            if (answered && unknown.FirstOrDefault(ticket => taken.Contains(ticket) && _parts[ticket].IsWanted) is > 0 and var lost)
                throw new InvalidOperationException($"the replica has lost part {lost} of {id}");
        });
    }

    private void Submit(long ticket, GenerationRequest request)
    {
        RequestFailure? refusal = null;
        network.Call(() => Tell(() => refusal = machine.Submit(id, ticket, request, RunMode.Whole, [], now())), answered =>
        {
            var part = _parts[ticket];
            if (!answered && part.IsWanted)
                Submit(ticket, request);
            else if (answered && refusal is null)
                part.IsTaken = true;
            else if (answered && part.IsWanted)
            {
                Refused++;
                part.IsWanted = false;
            }
        });
    }

    private bool Tell(Action word)
    {
        word();
        carry();
        return true;
    }
}
