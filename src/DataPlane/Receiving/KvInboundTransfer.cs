using System.Collections.Immutable;
using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Receiving;

/// <summary>
/// A KV cache that the inbox expects from one sender. Thread-safe. It is known until its lease ends, also when it has completed or
/// failed before: a sender whose last answer got lost asks again.
/// </summary>
public sealed class KvInboundTransfer : IDisposable
{
    // Twice what a sender may open: connections that broke may not have been noticed here when their successors come.
    private const int MaxConnections = 16;

    private readonly Lock _gate = new();
    private readonly KvInbox _inbox;
    private readonly TimeSpan _lease;
    private readonly KvCoverage _coverage;
    private readonly HashSet<InboundConnection> _connections = [];
    private readonly HashSet<(int Layer, int FirstPosition)> _askedAgain = [];
    private readonly TaskCompletionSource<IReadOnlyList<KvBlock>> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _leaseTimer;
    private Refusal _refusal; // None while the transfer is open or whole
    private int? _announcedPositions;
    private bool _isWhole;

    internal KvInboundTransfer(KvInbox inbox, KvTransferSpec spec, TimeProvider time)
    {
        _inbox = inbox;
        _coverage = new KvCoverage(spec);
        _lease = TimeSpan.FromSeconds(spec.LeaseSeconds);
        Spec = spec;
        TransferId = new Guid(RandomNumberGenerator.GetBytes(16));
        Token = [.. RandomNumberGenerator.GetBytes(WireFormat.TokenBytes)];
        _leaseTimer = time.CreateTimer(_ => EndLease(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>128 random bits; not secret.</summary>
    public Guid TransferId { get; }

    /// <summary>256 random bits, for the sender alone.</summary>
    public ImmutableArray<byte> Token { get; }

    public KvTransferSpec Spec { get; }

    /// <summary>
    /// All blocks, by layer and position, when every layer holds every position; whoever awaits this owns them. Cancelled by
    /// <see cref="Cancel"/>.
    /// </summary>
    /// <exception cref="KvTransferException">The lease has ended, or the sender broke a bound; the message says which.</exception>
    public Task<IReadOnlyList<KvBlock>> Completed => _completed.Task;

    /// <summary>Blocks that have come in.</summary>
    public int ReceivedBlocks
    {
        get
        {
            lock (_gate)
                return _coverage.FilledBlocks;
        }
    }

    /// <summary>Bytes of the blocks that have come in.</summary>
    public long ReceivedBytes
    {
        get
        {
            lock (_gate)
                return _coverage.FilledBytes;
        }
    }

    private bool IsOpen => !_isWhole && _refusal == Refusal.None;

    /// <summary>Starts the lease anew.</summary>
    /// <returns>False when the transfer is no longer open.</returns>
    public bool RenewLease()
    {
        lock (_gate)
            return IsOpen && _leaseTimer.Change(_lease, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Frees what has come in and turns the sender away. Without effect on a transfer that is no longer open.</summary>
    public void Cancel() => Close(Refusal.Cancelled, exception: null, spare: null);

    /// <summary>As <see cref="Cancel"/>.</summary>
    public void Dispose() => Cancel();

    internal KvBlock Rent(KvBlockHeader header) => _inbox.Rent(header);

    /// <returns>None; or why the sender is turned away, which it is told only after it has shown the token.</returns>
    internal Refusal Attach(InboundConnection connection)
    {
        lock (_gate)
        {
            if (_refusal == Refusal.None && _connections.Count >= MaxConnections)
                throw new InvalidDataException($"More than {MaxConnections} connections came for KV transfer {TransferId:N}.");
            if (_refusal == Refusal.None)
                _connections.Add(connection);
            return _refusal;
        }
    }

    internal void Detach(InboundConnection connection)
    {
        lock (_gate)
            _connections.Remove(connection);
    }

    /// <summary>The place of a block, new or known; a new one is the connection's to fill or to give up.</summary>
    internal Refusal Reserve(KvBlockHeader header, InboundConnection connection, out KvSlot? slot)
    {
        lock (_gate)
        {
            slot = _coverage.Find(header);
            return _refusal != Refusal.None ? _refusal
                : slot is not null ? Refusal.None
                : _isWhole ? Refusal.OutOfBounds
                : _coverage.Reserve(header, connection, out slot);
        }
    }

    /// <returns>Ack or Whole; null when the transfer has ended meanwhile: slot and block are still the caller's.</returns>
    internal FrameKind? Fill(KvSlot slot, KvBlock block)
    {
        lock (_gate)
        {
            if (!IsOpen)
                return null;
            _coverage.Fill(slot, block);
            return Finish();
        }
    }

    /// <summary>What there is to say to a block that is in already.</summary>
    internal FrameKind AnswerToDuplicate()
    {
        lock (_gate)
            return _isWhole ? FrameKind.Whole : FrameKind.Ack;
    }

    internal void GiveUp(KvSlot slot)
    {
        lock (_gate)
            _coverage.GiveUp(slot);
    }

    /// <returns>Whether a block that came damaged shall be sent again: once.</returns>
    internal bool AskAgain(KvBlockHeader header)
    {
        lock (_gate)
            return _askedAgain.Add((header.Layer, header.FirstPosition));
    }

    /// <param name="positions">Of the sequence, as the sender says.</param>
    /// <param name="isFinal">Whether the sender has nothing more to send: what is missing now will not come.</param>
    /// <returns>Ack or Whole and None; or why not.</returns>
    internal (FrameKind Answer, Refusal Refusal) End(int positions, bool isFinal)
    {
        lock (_gate)
        {
            var refusal = _refusal != Refusal.None ? _refusal
                : positions < 1 || positions > Spec.MaxPositions || (_announcedPositions ?? positions) != positions ? Refusal.OutOfBounds
                : Refusal.None;
            if (refusal != Refusal.None)
                return (FrameKind.Refused, refusal);
            _announcedPositions = positions;
            var answer = _isWhole ? FrameKind.Whole : Finish();
            return isFinal && answer != FrameKind.Whole ? (FrameKind.Refused, Refusal.Incomplete) : (answer, Refusal.None);
        }
    }

    /// <summary>The sender broke the protocol: nothing that it sends can make the transfer whole any more.</summary>
    /// <param name="spare">Not aborted: it has still to say why.</param>
    internal void Fail(Refusal refusal, string reason, InboundConnection spare) =>
        Close(refusal, new KvTransferException($"KV transfer {TransferId:N} from {spare.Peer} failed: {reason}"), spare);

    /// <summary>Ends it for good: also its memory of how it ended.</summary>
    internal void Forget(KvTransferException? reason)
    {
        Close(Refusal.Unknown, reason, spare: null);
        lock (_gate)
            _refusal = Refusal.Unknown; // a completed one too: a connection that has just found it comes too late
        _leaseTimer.Dispose();
        Abort(spare: null);
    }

    private void EndLease()
    {
        _inbox.Remove(this);
        Forget(new KvTransferException(
            $"KV transfer {TransferId:N} was not whole when its lease of {Spec.LeaseSeconds} s ended: {ReceivedBlocks} blocks were in."));
    }

    private void Close(Refusal refusal, KvTransferException? exception, InboundConnection? spare)
    {
        IReadOnlyList<KvBlock> blocks;
        lock (_gate)
        {
            if (!IsOpen)
                return;
            _refusal = refusal;
            blocks = _coverage.TakeAll();
        }
        foreach (var block in blocks)
            block.Dispose();
        Abort(spare);
        if (exception is null)
            _completed.SetCanceled();
        else
            _completed.SetException(exception);
        _ = _completed.Task.Exception; // nobody need have waited
    }

    private FrameKind Finish()
    {
        if (_announcedPositions is not { } positions || !_coverage.IsWhole(positions))
            return FrameKind.Ack;
        _isWhole = true;
        _completed.SetResult(_coverage.TakeAll());
        return FrameKind.Whole;
    }

    private void Abort(InboundConnection? spare)
    {
        InboundConnection[] connections;
        lock (_gate)
            connections = [.. _connections];
        foreach (var connection in connections)
            if (connection != spare)
                connection.Abort();
    }
}
