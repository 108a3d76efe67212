using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>One random life of a MIXED replica: settings, arrivals, cancels, failures. The same seed gives the same life.</summary>
internal sealed class RandomSchedule
{
    private readonly Random _random;
    private readonly ReplicaModel _replica;
    private readonly int _requestCount;
    private readonly double _cancelChance;
    private readonly bool _sharesPrefixes;
    private readonly Dictionary<string, AnswerModel> _answers = [];
    private readonly StringBuilder _trace = new();
    private double _nowSeconds;

    public RandomSchedule(int seed)
    {
        _random = new Random(seed);
        _replica = new ReplicaModel("", _random, _trace) { Updated = update => _answers[update.RequestId].Receive(update.Chunk) };
        _requestCount = _random.Next(1, 20);
        _cancelChance = _random.Next(4) switch { 0 => 0, 1 => 0.1, _ => 0.02 };
        _sharesPrefixes = _random.Next(2) == 0;
    }

    /// <summary>Every step and every update, in order.</summary>
    public string Trace => _trace.ToString();

    public int Failures => _replica.Failures;

    public int Cancels { get; private set; }

    public int Completed => _answers.Values.Count(answer => answer.IsComplete);

    public SchedulerCounters Counters => _replica.Scheduler.Counters;

    public void Run()
    {
        var arrived = 0;
        for (var turn = 0; arrived < _requestCount || _replica.IsBusy; turn++)
        {
            if (turn >= 20_000)
                throw new InvalidOperationException("the schedule does not end");
            _nowSeconds++;
            if (arrived < _requestCount && _random.Next(4) == 0)
                Arrive(arrived++);
            if (_random.NextDouble() < _cancelChance && arrived > 0)
                Cancel($"r{_random.Next(arrived)}");
            if (_random.Next(3) > 0)
                _replica.Issue(_nowSeconds);
            for (var moves = _random.Next(4); moves > 0; moves--)
                _replica.Advance();
            _replica.MaybeFail(_nowSeconds);
            _replica.CheckCounters();
        }

        _replica.Drain(_nowSeconds);
        if (_answers.Values.Any(answer => answer.Finish is null))
            throw new InvalidOperationException("a request was lost");
    }

    private void Arrive(int index)
    {
        var request = RandomSettings.Request(_random, index, _sharesPrefixes);
        var engine = _replica.Engine;
        try
        {
            _replica.Enqueue(request, RunMode.Whole, _nowSeconds);
            _answers.Add(request.Id, new AnswerModel(request, engine.MaxSequenceTokens));
        }
        catch (RequestRejectedException)
        {
            var length = request.PromptTokens.Length;
            if (length < engine.MaxSequenceTokens && Math.Min(length + request.MaxTokens, engine.MaxSequenceTokens) <= engine.KvCells)
                throw new InvalidOperationException("a request that fits was rejected");
        }
        catch (OverloadedException)
        {
            if (Counters.QueuedRequests < _replica.Options.QueueLimit)
                throw new InvalidOperationException("a queue with room refused a request");
        }
    }

    private void Cancel(string id)
    {
        if (_replica.Cancel(id) is not { } last)
            return;
        Cancels++;
        _answers[id].Receive(last.Chunk);
    }
}
