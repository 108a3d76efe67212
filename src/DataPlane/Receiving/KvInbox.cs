using System.Collections.Concurrent;
using System.Security.Cryptography;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Receiving;

/// <summary>The transfers that this process expects. Thread-safe.</summary>
public sealed class KvInbox
{
    private static readonly byte[] NoToken = new byte[WireFormat.TokenBytes];

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Guid, KvInboundTransfer> _transfers = new();
    private volatile bool _closed;

    internal KvInbox(TimeProvider time) => _time = time;

    /// <summary>Sees each block that is rented.</summary>
    internal Action<KvBlock>? Rented { get; set; }

    /// <summary>Opens the door for one sender, until the lease ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A bound makes no sense.</exception>
    /// <exception cref="ObjectDisposedException">The data port is closed.</exception>
    public KvInboundTransfer Expect(KvTransferSpec spec)
    {
        spec.ThrowIfInvalid();
        ObjectDisposedException.ThrowIf(_closed, this);
        var transfer = new KvInboundTransfer(this, spec, _time);
        _transfers[transfer.TransferId] = transfer;
        transfer.RenewLease();
        return transfer;
    }

    /// <summary>The transfer, if the token is its token. Takes as long for a wrong token as for an unknown transfer.</summary>
    internal KvInboundTransfer? Find(Guid transferId, ReadOnlySpan<byte> token)
    {
        var transfer = _transfers.GetValueOrDefault(transferId);
        return CryptographicOperations.FixedTimeEquals(token, transfer is null ? NoToken : transfer.Token.AsSpan()) ? transfer : null;
    }

    internal KvBlock Rent(KvBlockHeader header)
    {
        var block = KvBlock.Rent(header);
        Rented?.Invoke(block);
        return block;
    }

    internal void Remove(KvInboundTransfer transfer) => _transfers.TryRemove(transfer.TransferId, out _);

    internal void Close()
    {
        _closed = true;
        foreach (var transfer in _transfers.Values)
        {
            Remove(transfer);
            transfer.Forget(reason: null);
        }
    }
}
