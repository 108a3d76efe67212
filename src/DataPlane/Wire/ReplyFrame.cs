using System.Buffers.Binary;

namespace E2LLM.DataPlane.Wire;

/// <summary>The receiver's answer to a Hello or a request.</summary>
/// <param name="Number">Of the request; 0 to a Hello.</param>
/// <param name="Refusal">None, unless the kind is Refused.</param>
internal readonly record struct ReplyFrame(FrameKind Kind, uint Number, Refusal Refusal)
{
    public void Write(Span<byte> frame)
    {
        WireFormat.WritePrefix(frame, Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], (uint)Refusal);
        WireFormat.Seal(frame);
    }

    /// <exception cref="InvalidDataException">Not a reply.</exception>
    public static ReplyFrame Read(ReadOnlySpan<byte> frame)
    {
        var kind = WireFormat.ReadKind(frame);
        return kind is FrameKind.Welcome or FrameKind.Ack or FrameKind.Whole or FrameKind.Again or FrameKind.Refused
            ? new ReplyFrame(
                kind, BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]), (Refusal)BinaryPrimitives.ReadUInt32LittleEndian(frame[12..]))
            : throw new InvalidDataException($"Frame kind {(ushort)kind} came where a reply was expected.");
    }
}
