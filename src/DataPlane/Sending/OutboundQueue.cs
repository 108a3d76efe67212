using System.Threading.Channels;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Sending;

/// <summary>
/// Everything that a sender holds until the receiver has it. Items that no connection works on wait in a channel; a connection that
/// breaks puts its own back. Thread-safe.
/// </summary>
internal sealed class OutboundQueue(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Channel<OutboundItem> _ready = Channel.CreateUnbounded<OutboundItem>();
    private readonly HashSet<OutboundItem> _held = [];
    private TaskCompletionSource? _changed;
    private Exception? _end;
    private long _heldBytes;
    private uint _lastNumber;
    private bool _isWhole;

    /// <summary>Takes the block, at once or when others have left room. Disposes it where it throws.</summary>
    /// <exception cref="KvTransferException">The transfer has failed.</exception>
    /// <exception cref="ObjectDisposedException">The sender has been closed.</exception>
    public async ValueTask AddAsync(KvBlock block, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                Task room;
                lock (_gate)
                {
                    ThrowIfEnded();
                    if (_heldBytes == 0 || _heldBytes + block.Header.LengthBytes <= maxBytes)
                    {
                        Add(RequestFrame.Block(++_lastNumber, block.Header), block);
                        return;
                    }
                    room = Changed();
                }
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>Tells the receiver how much there is, and waits until it says that it has that.</summary>
    /// <exception cref="KvTransferException">The transfer has failed.</exception>
    /// <exception cref="ObjectDisposedException">The sender has been closed.</exception>
    public async Task CompleteAsync(int positions, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfEnded();
            Add(RequestFrame.Announce(++_lastNumber, positions), block: null);
        }
        await WholeOrEmptyAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            ThrowIfEnded();
            if (_isWhole)
                return;
            Add(RequestFrame.Complete(++_lastNumber, positions), block: null);
        }
        await WholeOrEmptyAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<OutboundItem> TakeAsync(CancellationToken cancellationToken) => _ready.Reader.ReadAsync(cancellationToken);

    /// <summary>The item has to be sent again.</summary>
    public void Return(OutboundItem item) => _ready.Writer.TryWrite(item);

    /// <summary>The receiver has it; and everything else too, if the transfer is whole with it.</summary>
    public void Settle(OutboundItem item, bool isWhole)
    {
        lock (_gate)
        {
            _isWhole |= isWhole;
            if (_held.Remove(item))
                _heldBytes -= item.LengthBytes;
            Signal();
        }
        item.Block?.Dispose();
    }

    /// <summary>From now on everything throws. The first reason stays.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _end ??= reason;
            Signal();
        }
    }

    /// <summary>After <see cref="End"/>, when no connection works on an item any more.</summary>
    public void Free()
    {
        OutboundItem[] held;
        lock (_gate)
        {
            held = [.. _held];
            _held.Clear();
            _heldBytes = 0;
        }
        foreach (var item in held)
            item.Block?.Dispose();
    }

    private async Task WholeOrEmptyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task fewer;
            lock (_gate)
            {
                ThrowIfEnded();
                if (_isWhole || _held.Count == 0)
                    return;
                fewer = Changed();
            }
            await fewer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Add(RequestFrame frame, KvBlock? block)
    {
        var item = new OutboundItem(frame, block);
        _held.Add(item);
        _heldBytes += item.LengthBytes;
        _ready.Writer.TryWrite(item);
    }

    private void ThrowIfEnded()
    {
        switch (_end)
        {
            case null:
                return;
            case KvTransferException failure:
                throw new KvTransferException(failure.Message, failure);
            default:
                throw new ObjectDisposedException(nameof(KvSender));
        }
    }

    private Task Changed() => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Signal()
    {
        _changed?.SetResult();
        _changed = null;
    }
}
