using System.Buffers.Binary;

namespace E2LLM.DataPlane.Wire;

/// <summary>The answer to a request for weights. After Content come so many bytes, and the XXH3 of frame and bytes.</summary>
/// <param name="Kind">Content, or Absent: the piece is not there.</param>
/// <param name="Number">Of the request.</param>
/// <param name="LengthBytes">As it came: whoever asked knows how many there have to be.</param>
internal readonly record struct WeightsReplyFrame(FrameKind Kind, uint Number, uint LengthBytes)
{
    public void Write(Span<byte> frame)
    {
        WireFormat.WritePrefix(frame, Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], LengthBytes);
        WireFormat.Seal(frame);
    }

    /// <exception cref="InvalidDataException">Not such an answer.</exception>
    public static WeightsReplyFrame Read(ReadOnlySpan<byte> frame)
    {
        var kind = WireFormat.ReadKind(frame);
        return kind is FrameKind.Content or FrameKind.Absent
            ? new WeightsReplyFrame(kind, BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]), BinaryPrimitives.ReadUInt32LittleEndian(frame[12..]))
            : throw new InvalidDataException($"Frame kind {(ushort)kind} came where weights were expected.");
    }
}
