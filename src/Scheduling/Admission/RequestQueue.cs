using E2LLM.Core.Errors;

namespace E2LLM.Scheduling.Admission;

/// <summary>
/// Requests that wait for a slot: first come, first served, and bounded. Nobody overtakes: while the head does not fit, those behind
/// it wait too, so every request starts after a finite number of others.
/// </summary>
internal sealed class RequestQueue(int limit)
{
    private readonly LinkedList<RequestState> _waiting = [];
    private readonly Dictionary<string, LinkedListNode<RequestState>> _byId = [];

    public int Count => _waiting.Count;

    public RequestState? Head => _waiting.First?.Value;

    /// <summary>Tokens that the waiting requests have still to read or may still write.</summary>
    public long PendingTokens { get; private set; }

    public bool Contains(string requestId) => _byId.ContainsKey(requestId);

    /// <summary>Null where no such request waits.</summary>
    public RequestState? Find(string requestId) => _byId.GetValueOrDefault(requestId)?.Value;

    /// <exception cref="OverloadedException">The queue is full.</exception>
    public void Enqueue(RequestState request)
    {
        if (_waiting.Count >= limit)
            throw new OverloadedException(
                $"{_waiting.Count} requests wait for this replica already; the limit is {limit} (QueueLimit). Try again later.");
        Register(_waiting.AddLast(request));
    }

    /// <summary>Puts a request that had started in front of all others; the limit does not turn away what was accepted once.</summary>
    public void ReturnToHead(RequestState request) => Register(_waiting.AddFirst(request));

    public RequestState Dequeue() =>
        Remove((_waiting.First ?? throw new InvalidOperationException("The queue is empty.")).Value.Id)!;

    /// <summary>Null where no such request waits.</summary>
    public RequestState? Remove(string requestId)
    {
        if (!_byId.Remove(requestId, out var node))
            return null;
        _waiting.Remove(node);
        PendingTokens -= node.Value.PendingTokens;
        return node.Value;
    }

    private void Register(LinkedListNode<RequestState> node)
    {
        _byId.Add(node.Value.Id, node);
        PendingTokens += node.Value.PendingTokens;
    }
}
