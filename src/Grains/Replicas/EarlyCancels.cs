namespace E2LLM.Grains.Replicas;

/// <summary>
/// Ids of requests that were cancelled before they began here. A cancel can overtake the call that it is meant for: without this, that
/// call would start a request that nobody reads. The latest ones only, for most of them never come.
/// </summary>
internal sealed class EarlyCancels(int capacity)
{
    private readonly HashSet<string> _ids = [];
    private readonly Queue<string> _order = new();

    public void Add(string requestId)
    {
        if (!_ids.Add(requestId))
            return;
        _order.Enqueue(requestId);
        if (_order.Count > capacity)
            _ids.Remove(_order.Dequeue());
    }

    public bool Contains(string requestId) => _ids.Contains(requestId);
}
