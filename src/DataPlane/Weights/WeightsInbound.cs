using System.Buffers;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Weights;

/// <summary>The holder's side of one connection that asks for weights: gives out what is asked for, a piece at a time, through a small buffer.</summary>
internal sealed class WeightsInbound(Stream stream, IPieceSource source)
{
    private const int ChunkBytes = 256 << 10;

    private readonly byte[] _reply = new byte[WireFormat.ReplyBytes];
    private readonly PayloadStream _payload = new(stream);

    /// <summary>Serves until the other side closes the connection.</summary>
    /// <exception cref="IOException">The connection broke or was aborted.</exception>
    /// <exception cref="InvalidDataException">What came is not the protocol.</exception>
    public async Task ServeAsync()
    {
        var frame = new byte[WireFormat.RequestBytes];
        while (await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false).ConfigureAwait(false) == frame.Length)
        {
            var request = WeightsRequestFrame.Read(frame);
            await (request.Kind switch
            {
                FrameKind.GetManifest => SendAsync(request.Number, source.Manifest.Bytes),
                FrameKind.GetMap => SendAsync(request.Number, Map()),
                _ => SendPieceAsync(request),
            }).ConfigureAwait(false);
        }
    }

    /// <summary>A bit a piece, the lowest first.</summary>
    private byte[] Map()
    {
        var map = new byte[(source.Manifest.PieceCount + 7) / 8];
        for (var piece = 0; piece < source.Manifest.PieceCount; piece++)
            if (source.Has(piece))
                map[piece / 8] |= (byte)(1 << (piece % 8));
        return map;
    }

    private async Task SendPieceAsync(WeightsRequestFrame request)
    {
        if (request.Piece < 0 || request.Piece >= source.Manifest.PieceCount)
            throw new InvalidDataException($"Piece {request.Piece} was asked for; there are {source.Manifest.PieceCount}.");
        var length = source.Manifest.Piece(request.Piece).LengthBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(ChunkBytes, length));
        try
        {
            for (var done = 0; done < length;)
            {
                var chunk = buffer.AsMemory(0, Math.Min(Math.Min(ChunkBytes, buffer.Length), length - done));
                try
                {
                    source.Read(request.Piece, done, chunk.Span);
                }
                catch (E2LlmException error)
                {
                    if (done > 0)
                        throw new IOException($"Piece {request.Piece} went away while it was sent: {error.Message}", error);
                    await ReplyAsync(FrameKind.Absent, request.Number, 0).ConfigureAwait(false);
                    return;
                }
                if (done == 0)
                {
                    await ReplyAsync(FrameKind.Content, request.Number, length).ConfigureAwait(false);
                    _payload.Begin(_reply);
                }
                await _payload.WriteChunkAsync(chunk).ConfigureAwait(false);
                done += chunk.Length;
            }
            await _payload.EndAsync().ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task SendAsync(uint number, ReadOnlyMemory<byte> content)
    {
        await ReplyAsync(FrameKind.Content, number, content.Length).ConfigureAwait(false);
        await _payload.WriteAsync(_reply, content, () => { }).ConfigureAwait(false);
    }

    private async Task ReplyAsync(FrameKind kind, uint number, int lengthBytes)
    {
        new WeightsReplyFrame(kind, number, (uint)lengthBytes).Write(_reply);
        await stream.WriteAsync(_reply).ConfigureAwait(false);
    }
}
