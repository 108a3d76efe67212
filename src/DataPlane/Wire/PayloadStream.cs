using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace E2LLM.DataPlane.Wire;

/// <summary>
/// Moves block payloads and their checksums over one direction of a connection. Not for concurrent use. A chunk is summed right before
/// it is written or right after it was read, while it is in the processor's cache: a second pass would go to memory again.
/// </summary>
internal sealed class PayloadStream(Stream stream)
{
    private const int ChunkBytes = 256 << 10;
    private const int DiscardBytes = 64 << 10;

    private readonly XxHash3 _hash = new();
    private readonly byte[] _checksum = new byte[WireFormat.ChecksumBytes];

    /// <param name="frame">The block frame, which the checksum covers too: a payload that follows another frame does not pass.</param>
    /// <param name="payload">K rows, V rows.</param>
    /// <param name="chunkWritten">Called after each chunk.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> frame, ReadOnlyMemory<byte> payload, Action chunkWritten)
    {
        Begin(frame.Span);
        while (!payload.IsEmpty)
        {
            var chunk = payload[..Math.Min(ChunkBytes, payload.Length)];
            await WriteChunkAsync(chunk).ConfigureAwait(false);
            chunkWritten();
            payload = payload[chunk.Length..];
        }
        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>Before the first chunk of a payload that is not all in memory.</summary>
    public void Begin(ReadOnlySpan<byte> frame)
    {
        _hash.Reset();
        _hash.Append(frame);
    }

    public ValueTask WriteChunkAsync(ReadOnlyMemory<byte> chunk)
    {
        _hash.Append(chunk.Span);
        return stream.WriteAsync(chunk);
    }

    /// <summary>After the last chunk.</summary>
    public ValueTask EndAsync()
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_checksum, _hash.GetCurrentHashAsUInt64());
        return stream.WriteAsync(_checksum);
    }

    /// <param name="chunkRead">Called after each chunk.</param>
    /// <returns>Whether the payload has its checksum.</returns>
    public async ValueTask<bool> ReadAsync(ReadOnlyMemory<byte> frame, Memory<byte> payload, Action? chunkRead = null)
    {
        Begin(frame.Span);
        while (!payload.IsEmpty)
        {
            var read = await stream.ReadAsync(payload[..Math.Min(ChunkBytes, payload.Length)]).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException("The connection ended within a block.");
            _hash.Append(payload.Span[..read]);
            chunkRead?.Invoke();
            payload = payload[read..];
        }
        await stream.ReadExactlyAsync(_checksum).ConfigureAwait(false);
        return BinaryPrimitives.ReadUInt64LittleEndian(_checksum) == _hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Reads a payload that is not wanted, and its checksum.</summary>
    public async ValueTask DiscardAsync(int payloadBytes)
    {
        var left = payloadBytes + WireFormat.ChecksumBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(DiscardBytes, left));
        try
        {
            while (left > 0)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left))).ConfigureAwait(false);
                if (read == 0)
                    throw new EndOfStreamException("The connection ended within a block.");
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
