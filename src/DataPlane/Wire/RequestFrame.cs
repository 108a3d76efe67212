using System.Buffers.Binary;
using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Wire;

/// <summary>What a sender asks for: to take a block, or to end the transfer at so many positions.</summary>
/// <param name="Number">Comes back in the reply.</param>
/// <param name="Header">Of the block; as it came, so not checked. Of Announce and Complete: the positions as rows.</param>
internal readonly record struct RequestFrame(FrameKind Kind, uint Number, KvBlockHeader Header)
{
    public static RequestFrame Block(uint number, KvBlockHeader header) => new(FrameKind.Block, number, header);

    public static RequestFrame Announce(uint number, int positions) =>
        new(FrameKind.Announce, number, new KvBlockHeader(0, 0, positions, 0, 0));

    public static RequestFrame Complete(uint number, int positions) =>
        new(FrameKind.Complete, number, new KvBlockHeader(0, 0, positions, 0, 0));

    public void Write(Span<byte> frame)
    {
        WireFormat.WritePrefix(frame, Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], Header.Layer);
        BinaryPrimitives.WriteInt32LittleEndian(frame[16..], Header.FirstPosition);
        BinaryPrimitives.WriteInt32LittleEndian(frame[20..], Header.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(frame[24..], Header.KRowBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[28..], Header.VRowBytes);
        WireFormat.Seal(frame);
    }

    /// <exception cref="InvalidDataException">Not a request.</exception>
    public static RequestFrame Read(ReadOnlySpan<byte> frame)
    {
        var kind = WireFormat.ReadKind(frame);
        if (kind is not (FrameKind.Block or FrameKind.Announce or FrameKind.Complete))
            throw new InvalidDataException($"Frame kind {(ushort)kind} came where a request was expected.");
        return new RequestFrame(kind, BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]), new KvBlockHeader(
            BinaryPrimitives.ReadInt32LittleEndian(frame[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[28..])));
    }
}
