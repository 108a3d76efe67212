using System.Buffers;

namespace E2LLM.Core.Kv;

/// <summary>
/// The KV cache of one sequence, in one layer, for consecutive positions: all K rows, then all V rows, in the cache's own element type.
/// Memory is pooled; exactly one owner disposes it.
/// </summary>
public sealed class KvBlock : IDisposable
{
    /// <summary>Blocks above this are refused before anything is allocated.</summary>
    public const int MaxBytes = 64 << 20;

    private byte[]? _bytes;

    private KvBlock(byte[] bytes, KvBlockHeader header)
    {
        _bytes = bytes;
        Header = header;
    }

    public KvBlockHeader Header { get; }

    /// <summary>K rows, then V rows.</summary>
    /// <exception cref="ObjectDisposedException">The block has been handed back.</exception>
    public Memory<byte> Bytes
    {
        get
        {
            var bytes = _bytes;
            ObjectDisposedException.ThrowIf(bytes is null, this);
            return bytes.AsMemory(0, Header.LengthBytes);
        }
    }

    /// <summary>A block with unspecified contents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is negative, or the block above <see cref="MaxBytes"/>.</exception>
    public static KvBlock Rent(KvBlockHeader header)
    {
        header.ThrowIfInvalid();
        return new KvBlock(ArrayPool<byte>.Shared.Rent(Math.Max(1, header.LengthBytes)), header);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
