using System.Buffers.Binary;
using System.IO.Hashing;

namespace E2LLM.DataPlane.Wire;

/// <summary>
/// The protocol of the data port, version 1. All integers are little-endian, every frame has a fixed size, and every frame ends with
/// the XXH3 (64 bits) of the bytes before it.
/// <code>
/// sender to receiver, first    Hello, 64 bytes   magic u32 | version u16 | kind u16 | transfer id 16 bytes | token 32 bytes | XXH3 u64
/// then any number of           Block, 40 bytes   magic u32 | version u16 | kind u16 | number u32 | layer i32 | first position i32
///                                                | rows i32 | bytes of a K row i32 | bytes of a V row i32 | XXH3 u64
///                                                then the payload: all K rows, all V rows; then XXH3 u64 of block frame and payload
/// Announce, Complete, 40 bytes   as Block; the positions of the sequence stand in the place of the rows, the rest is 0
/// receiver to sender           Reply, 24 bytes   magic u32 | version u16 | kind u16 | number u32 | refusal u32 | XXH3 u64
/// </code>
/// 1. The sender says Hello; the receiver answers Welcome, or Refused and closes. A stranger gets no other answer and no memory.
/// 2. Each request is answered, in order, under its number. A Block: Ack, or Again where the payload does not have its checksum. The number
///    means nothing to the receiver: it knows a block by layer and positions, so that a block may be sent again on another connection.
/// 3. A block frame that does not fit what the receiver expects is answered Refused, and fails the transfer. No memory is rented for it.
/// 4. A frame with a wrong checksum ends the connection, since the next frame cannot be found; the sender opens another one.
/// 5. When all blocks are queued, Announce tells how many positions there are; it may overtake blocks. From then on the answer to the
///    Announce or Block with which every layer holds every position is Whole instead of Ack: this ends a transfer without a further
///    round trip. A sender that has all its answers, but no Whole, asks with Complete; the answer is Whole, or Refused.
/// A connection may ask for weights instead, with frames of the same sizes:
/// <code>
/// asker to holder, first       WeightsHello, 64 bytes   magic, version, kind | 0 16 bytes | root of the manifest 32 bytes | XXH3 u64
/// then any number of           GetManifest, GetMap, GetPiece, 40 bytes   magic, version, kind | number u32 | piece i32 | 0 | XXH3 u64
/// holder to asker              Content, Absent, 24 bytes   magic, version, kind | number u32 | length u32 | XXH3 u64
///                              then, after Content, so many bytes; then XXH3 u64 of frame and bytes
/// </code>
/// 6. The holder answers WeightsHello with a Reply: Welcome, or Refused and closes where it has no such manifest. Requests are answered in
///    order; one of a piece that does not exist ends the connection. The asker knows by root and manifest how many bytes are due, and takes
///    no other number. The XXH3 tells damage on the way from a holder whose pieces are not those of the manifest.
/// </summary>
internal static class WireFormat
{
    public const int HelloBytes = 64;
    public const int RequestBytes = 40;
    public const int ReplyBytes = 24;
    public const int ChecksumBytes = 8;
    public const int TokenBytes = 32;
    public const ushort Version = 1;

    private const uint Magic = 0x564B3245; // "E2KV"
    private const int PrefixBytes = 8;

    public static void WritePrefix(Span<byte> frame, FrameKind kind)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], (ushort)kind);
    }

    /// <summary>Ends a frame of which everything but the checksum is written.</summary>
    public static void Seal(Span<byte> frame) =>
        BinaryPrimitives.WriteUInt64LittleEndian(frame[^ChecksumBytes..], XxHash3.HashToUInt64(frame[..^ChecksumBytes]));

    /// <exception cref="InvalidDataException">Not a frame of this protocol and version, or not as it was sent.</exception>
    public static FrameKind ReadKind(ReadOnlySpan<byte> frame)
    {
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        if (magic != Magic)
            throw new InvalidDataException($"A frame begins with 0x{magic:X8}; the data port's frames begin with 0x{Magic:X8}.");
        if (BinaryPrimitives.ReadUInt64LittleEndian(frame[^ChecksumBytes..]) != XxHash3.HashToUInt64(frame[..^ChecksumBytes]))
            throw new InvalidDataException("A frame does not have its checksum.");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        if (version != Version)
            throw new InvalidDataException($"A frame has version {version}; this side speaks version {Version}.");
        return (FrameKind)BinaryPrimitives.ReadUInt16LittleEndian(frame[(PrefixBytes - sizeof(ushort))..]);
    }
}
