using System.Collections.Immutable;
using System.Threading.Channels;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Protocols.Parts;

namespace E2LLM.Grains.Parts;

/// <summary>A part of a request that runs on a replica, on the side of whoever reads it.</summary>
/// <remarks>Deliveries come from other threads than the reader's turns: what they touch is behind a lock.</remarks>
public sealed class PartReader : IDisposable
{
    private readonly Channel<PartUpdate> _updates = Channel.CreateUnbounded<PartUpdate>(new() { SingleReader = true });
    private readonly PartOrder _order = new();
    private readonly PartSilence _silence;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PartInbox _inbox;

    internal PartReader(PartInbox inbox, string replicaKey, IReplicaGrain replica, long ticket, PartSilence silence)
    {
        (_inbox, ReplicaKey, Replica, Ticket, _silence) = (inbox, replicaKey, replica, ticket, silence);
    }

    public IReplicaGrain Replica { get; }

    /// <summary>In order, none twice, none missing. It is complete after the last one.</summary>
    public ChannelReader<PartUpdate> Updates => _updates.Reader;

    /// <summary>Ends once the replica is known to have it; never where it refused, or was not heard of.</summary>
    public Task Taken => _taken.Task;

    internal string ReplicaKey { get; }

    internal long Ticket { get; }

    /// <summary>Whether the replica is known to have it, so that not to know it means to have lost it.</summary>
    internal bool IsTaken
    {
        get
        {
            lock (_lock)
                return _silence.IsTaken;
        }
    }

    /// <summary>Updates that came, without a gap.</summary>
    internal int Seen
    {
        get
        {
            lock (_lock)
                return _order.Seen;
        }
    }

    /// <summary>Ends the part on its replica where it has not ended. Returns at once; harmless after the end.</summary>
    public void Dispose() => _inbox.Close(this);

    /// <summary>As <see cref="Dispose"/>, and asks for the replica's last word: its times, or null where it does not say so soon.</summary>
    public async Task<RequestTimeline?> EndAsync()
    {
        var times = await _inbox.EndAsync(this);
        while (_updates.Reader.TryRead(out var unread))
            times = unread.Chunk?.Timeline ?? times;
        return times;
    }

    internal void OnTaken(double nowSeconds)
    {
        lock (_lock)
            _silence.Taken(nowSeconds);
        _taken.TrySetResult();
    }

    internal void OnHeard(double nowSeconds)
    {
        lock (_lock)
            _silence.Heard(nowSeconds);
    }

    internal double? Overdue(double nowSeconds)
    {
        lock (_lock)
            return _silence.Overdue(nowSeconds);
    }

    /// <returns>Whether the part has ended.</returns>
    internal bool OnDelivered(int from, ImmutableArray<PartUpdate> updates, double nowSeconds)
    {
        _taken.TrySetResult();
        lock (_lock)
        {
            _silence.Taken(nowSeconds);
            foreach (var update in _order.Take(from, updates))
                _updates.Writer.TryWrite(update);
            if (_order.HasEnded)
                _updates.Writer.TryComplete();
            return _order.HasEnded;
        }
    }

    /// <summary>The part ends here, without a word from its replica.</summary>
    internal void End(RequestFailure failure)
    {
        lock (_lock)
        {
            _updates.Writer.TryWrite(new PartUpdate { Chunk = new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = failure } });
            _updates.Writer.TryComplete();
        }
    }
}
