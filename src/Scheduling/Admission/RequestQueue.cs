using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Admission;

/// <summary>Requests that wait for a slot. Bounded; while the head does not fit, those behind it wait too.</summary>
/// <remarks>
/// A request's place is the time of its arrival, less a head start of <paramref name="ageingSeconds"/> a class. It never changes, so
/// within a class it is first come, first served; a request that comes back stands before all of its class that have never started;
/// and nobody is passed by requests that arrive later than the head start between the two classes. So everybody starts after a finite
/// number of others: none starves.
/// </remarks>
internal sealed class RequestQueue(int limit, double ageingSeconds)
{
    private readonly SortedDictionary<QueuePlace, RequestState> _waiting = [];
    private readonly Dictionary<string, RequestState> _byId = [];
    private double _lastSeconds = double.NegativeInfinity;
    private long _nextNumber;

    public int Count => _waiting.Count;

    public RequestState? Head { get; private set; }

    /// <summary>Tokens that the waiting requests have still to read or may still write.</summary>
    public long PendingTokens { get; private set; }

    /// <summary>Prompt tokens of those whose KV caches are to come from elsewhere.</summary>
    public long AwaitedKvTokens { get; private set; }

    public bool Contains(string requestId) => _byId.ContainsKey(requestId);

    /// <summary>Null where no such request waits.</summary>
    public RequestState? Find(string requestId) => _byId.GetValueOrDefault(requestId);

    /// <exception cref="OverloadedException">The queue is full.</exception>
    public void ThrowIfFull(Func<double?> quoteWaitSeconds)
    {
        if (_waiting.Count >= limit)
            throw new OverloadedException(
                $"{_waiting.Count} requests wait for this replica already; the limit is {limit} (MaxQueuedRequests). Try again later.")
            {
                QuotedWaitSeconds = quoteWaitSeconds(),
            };
    }

    public void Enqueue(RequestState request, double nowSeconds)
    {
        // A clock that steps back must not let anybody overtake.
        _lastSeconds = Math.Max(_lastSeconds, nowSeconds);
        request.Place = new QueuePlace(PlaceSeconds(request.Request.Priority, _lastSeconds), _nextNumber++);
        Return(request);
    }

    /// <summary>Puts a request that had started back in its place; the limit does not turn away what was accepted once.</summary>
    public void Return(RequestState request)
    {
        _waiting.Add(request.Place, request);
        _byId.Add(request.Id, request);
        PendingTokens += request.PendingTokens;
        AwaitedKvTokens += request.AwaitedKvTokens;
        if (Head is null || request.Place.CompareTo(Head.Place) < 0)
            Head = request;
    }

    /// <summary>Null where no such request waits.</summary>
    public RequestState? Remove(string requestId)
    {
        if (!_byId.Remove(requestId, out var request))
            return null;
        _waiting.Remove(request.Place);
        PendingTokens -= request.PendingTokens;
        AwaitedKvTokens -= request.AwaitedKvTokens;
        if (request == Head)
            Head = _waiting.Count == 0 ? null : _waiting.First().Value;
        return request;
    }

    /// <summary>Who would go before a request that came now, and what they have still to read or may still write.</summary>
    public (int Requests, long Tokens) Ahead(RequestPriority priority, double nowSeconds)
    {
        var place = new QueuePlace(PlaceSeconds(priority, Math.Max(_lastSeconds, nowSeconds)), _nextNumber);
        var requests = 0;
        var tokens = 0L;
        foreach (var (_, request) in _waiting.TakeWhile(waiting => waiting.Key.CompareTo(place) < 0))
        {
            requests++;
            tokens += request.PendingTokens;
        }

        return (requests, tokens);
    }

    private double PlaceSeconds(RequestPriority priority, double seconds) => seconds - (int)priority * ageingSeconds;
}
