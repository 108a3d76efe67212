using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using E2LLM.Core.Statistics;

namespace E2LLM.Scheduling.Statistics;

/// <summary>
/// The requests that were counted last. After a silo was killed, what its journal knows and its statistics may not is told again; this
/// says which of them were counted before they were last stored.
/// </summary>
/// <remarks>
/// A request is known by 64 bits of a hash of its id and its time, for the same id may be sent again where it was interrupted. After a
/// while without any request, which the time until a silo is started again is too, those that are known count as new: what is told again
/// then is what was counted before that while.
/// </remarks>
internal sealed class CountedRequests(ImmutableArray<long> stored)
{
    /// <summary>How long a request is known. A journal's records reach back by less: half of it is what the silo asks for.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    private readonly Queue<(long Key, DateTimeOffset At)> _inOrder = new((stored.IsDefault ? [] : stored).Select(key => (key, DateTimeOffset.MinValue)));
    private readonly HashSet<long> _known = [.. stored.IsDefault ? [] : stored];
    private DateTimeOffset _lastAt = DateTimeOffset.MinValue;
    private DateTimeOffset _awakeSince = DateTimeOffset.MinValue;

    /// <returns>False where it is known already.</returns>
    public bool TryAdd(RequestEnd end, DateTimeOffset now)
    {
        if (now - _lastAt > Memory / 2)
            _awakeSince = now;
        _lastAt = now;
        while (_inOrder.TryPeek(out var oldest) && now - Later(oldest.At, _awakeSince) > Memory)
            _known.Remove(_inOrder.Dequeue().Key);
        if (end.RequestId.Length == 0)
            return true;
        var key = KeyOf(end);
        if (!_known.Add(key))
            return false;
        _inOrder.Enqueue((key, now));
        return true;
    }

    public ImmutableArray<long> ToJournal() => [.. _inOrder.Select(request => request.Key)];

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static long KeyOf(RequestEnd end)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{end.RequestId} {end.Timeline.AcceptedAt.UtcTicks}"));
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }
}
